// SPDX-License-Identifier: BSD-3-Clause

// Source reads {"name", "text"} objects (text in base64) and prints what go/parser and go/build say about each.
package main

import (
	"encoding/json"
	"go/build"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

type ask struct {
	Name string
	Text []byte
}

type file string

func (f file) Name() string     { return string(f) }
func (file) Size() int64        { return 0 }
func (file) Mode() fs.FileMode  { return 0o644 }
func (file) ModTime() time.Time { return time.Time{} }
func (file) IsDir() bool        { return false }
func (file) Sys() any           { return nil }

func text(err error) []byte {
	if err == nil {
		return nil
	}
	return []byte(err.Error())
}

func list(parts ...[]string) [][]byte {
	all := [][]byte{}
	for _, part := range parts {
		for _, s := range part {
			all = append(all, []byte(s))
		}
	}
	return all
}

func answer(a ask) map[string]any {
	out := map[string]any{}
	f, err := parser.ParseFile(token.NewFileSet(), a.Name, a.Text, parser.ImportsOnly|parser.ParseComments)
	out["parse_error"] = text(err)
	if err == nil {
		specs := []string{}
		for _, s := range f.Imports {
			name := ""
			if s.Name != nil {
				name = s.Name.Name
			}
			path, _ := strconv.Unquote(s.Path.Value)
			specs = append(specs, name, path)
		}
		out["specs"] = list(specs)
	}
	ctx := build.Default
	ctx.GOOS, ctx.GOARCH, ctx.CgoEnabled, ctx.ToolTags, ctx.BuildTags = "linux", "amd64", true, nil, nil
	ctx.ReadDir = func(string) ([]fs.FileInfo, error) { return []fs.FileInfo{file(a.Name)}, nil }
	ctx.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(string(a.Text))), nil }
	ctx.IsDir = func(string) bool { return true }
	ctx.JoinPath = func(elem ...string) string { return elem[len(elem)-1] }
	p, err := ctx.ImportDir(".", 0)
	out["error"] = text(err)
	out["name"] = []byte(p.Name)
	out["imports"] = list(p.Imports, p.TestImports, p.XTestImports)
	out["embeds"] = list(p.EmbedPatterns, p.TestEmbedPatterns, p.XTestEmbedPatterns)
	out["lists"] = []int{
		len(p.GoFiles), len(p.CgoFiles), len(p.TestGoFiles), len(p.XTestGoFiles), len(p.IgnoredGoFiles), len(p.InvalidGoFiles),
	}
	return out
}

func main() {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var a ask
		if in.Decode(&a) != nil {
			return
		}
		if err := out.Encode(answer(a)); err != nil {
			panic(err)
		}
	}
}
