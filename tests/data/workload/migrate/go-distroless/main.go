package main

import (
	"fmt"
	"net/http"
)

func main() {
	http.HandleFunc("/", func(answer http.ResponseWriter, _ *http.Request) { fmt.Fprint(answer, "hello from go") })
	_ = http.ListenAndServe(":8080", nil)
}
