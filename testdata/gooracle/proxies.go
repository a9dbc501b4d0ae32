// SPDX-License-Identifier: BSD-3-Clause

// Proxies prints, for each URL on standard input, the proxy that net/http asks for it: its URL, nothing, or an error.
package main

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		request, err := http.NewRequest("GET", lines.Text(), nil)
		if err != nil {
			panic(err)
		}
		proxy, err := http.ProxyFromEnvironment(request)
		switch {
		case err != nil:
			fmt.Println("error: " + err.Error())
		case proxy == nil:
			fmt.Println()
		default:
			fmt.Println(proxy)
		}
	}
}
