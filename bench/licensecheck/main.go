// SPDX-License-Identifier: BSD-3-Clause

// Licensecheck prints what google/licensecheck finds in each file that standard input names, as JSON on a line.
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"

	"github.com/google/licensecheck"
)

func main() {
	in, out := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)
	for in.Scan() {
		text, err := os.ReadFile(in.Text())
		if err != nil {
			log.Fatal(err)
		}
		coverage, ids := licensecheck.Scan(text), []string{}
		for _, match := range coverage.Match {
			ids = append(ids, match.ID)
		}
		if err := out.Encode(map[string]any{"file": in.Text(), "percent": coverage.Percent, "ids": ids}); err != nil {
			log.Fatal(err)
		}
	}
}
