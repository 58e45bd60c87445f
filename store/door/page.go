package door

import (
	"html/template"
	"net/http"
	"strings"
)

// problemPage is what a person sees who typed a wrong address into a browser.
var problemPage = template.Must(template.New("problem").Parse(`<!doctype html>
<html lang="{{.Lang}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Detail}}</title>
<link rel="icon" href="/web/lib/icon.svg">
<link rel="stylesheet" href="/web/lib/base.css">
</head>
<body class="problem"><main><h1>{{.Detail}}</h1><p>{{.Code}}</p></main></body>
</html>
`))

// forReading reports whether a browser asks for a page to show, rather than a
// program for an answer.
func forReading(r *http.Request) bool {
	return r.Method == http.MethodGet && !strings.HasPrefix(r.URL.Path, "/api/") &&
		strings.Contains(r.Header.Get("Accept"), "text/html")
}

func (d *door) page(w http.ResponseWriter, lang string, b Body) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(b.Status)
	err := problemPage.Execute(w, struct {
		Body
		Lang string
	}{b, lang})
	if err != nil {
		d.Log.Debug("a page of a problem was not taken", "err", err)
	}
}
