package jsonpath_test

import (
	"errors"
	"testing"

	"github.com/mapjob/mapjob/internal/jsonpath"
	"github.com/mapjob/mapjob/internal/value"
)

const store = `{"books":[{"title":"A","price":8,"tags":["x","y"]},{"title":"B","price":12},{"title":"C","price":20,"isbn":"3"}],"bicycle":{"price":19.95,"color":"red"},"limit":10}`

func parse(t testing.TB, text string) any {
	t.Helper()
	v, err := value.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestGet(t *testing.T) {
	root := parse(t, store)
	for _, c := range []struct{ path, expected string }{
		{"$.limit", `10`},
		{"$['bicycle']['color']", `"red"`},
		{"$.bicycle['color','price']", `{"color":"red","price":19.95}`},
		{"$.books[0].title", `"A"`},
		{"$.books[-1].title", `"C"`},
		{"$.books[0,2].title", `["A","C"]`},
		{"$.books[1:].title", `["B","C"]`},
		{"$.books[:1].title", `["A"]`},
		{"$.books[-2:].title", `["B","C"]`},
		{"$.books[*].price", `[8,12,20]`},
		{"$.bicycle.*", `[19.95,"red"]`},
		{"$..price", `[8,12,20,19.95]`},
		{"$..tags[0]", `["x"]`},
		{"$.books[?(@.price < 13)].title", `["A","B"]`},
		{"$.books[?(@.price < $.limit)].title", `["A"]`},
		{"$.books[?(@.isbn)].title", `["C"]`},
		{"$.books[?(!@.isbn)].title", `["A","B"]`},
		{"$.books[?(@.price == 8 || @.title == 'C')].title", `["A","C"]`},
		{"$.books[?(@.price > 8 && @.price < 20)].title", `["B"]`},
		{"$.books[?(@.title =~ /[ab]/i)].title", `["A","B"]`},
		{"$.books[?(@.title in ['A','C'])].title", `["A","C"]`},
		{"$.books[?(@.tags size 2)].title", `["A"]`},
		{"$.[?(@.limit == 10)].limit", `[10]`},
		{"$.books[?(@.price > .5)].title", `["A","B","C"]`},
		{"$.books[?(@.price > -.5e1)].title", `["A","B","C"]`},
		{"$.books[?(@.title==B)].price", `[12]`},
		{"$.books[?(@.title == A || @.title == C)].price", `[8,20]`},
		{"$.books[?(@.sold == true)]", `[]`},
		{"$.books[0]title", `"A"`},
		{"$.books[*]price", `[8,12,20]`},
		{"$.books.length()", `3`},
		{"$.missing[*].x", `[]`},
		{"$.books[0:2].title", `["A","B"]`},
		{"$.books[0:9].title", `["A","B","C"]`},
		{"$.books[:-1].title", `["A","B"]`},
		{"$.books[:-9].title", `[]`},
		{"$.books[-9:].title", `["A","B","C"]`},
		{"$.books[1:-1].title", `[]`},
		{"$.books[-2:-1].title", `["B"]`},
		{"$.books[-2:1].title", `["B","C","A"]`},
		{"$.books[-9:1].title", `["A","B","C","A"]`},
		{"$.limit[0:1]", `[]`},
		{"$..[?(@.price > 15)].price", `[20,19.95]`},
		{"$..[?(@.title)].title", `["A","B","C"]`},
		{"$..[?(@.books)].limit", `[10]`},
		{"$..[?(@.tags)]..tags", `[["x","y"]]`},
		{"$..[?(@ == 'x')]", `[]`},
		{"$.books[?(@.tags[*])].title", `["A"]`},
		{"$.books[?(@.tags.*)].title", `["A"]`},
		{"$.books[?(!@.tags[*])].title", `["B","C"]`},
		{"$.books[?(@..none)].title", `["A","B","C"]`},
		{"$.[?(@.bicycle.*)].limit", `[10]`},
		{"$.[?(@.books[*].price)].limit", `[10]`},
		{"$.[?(@.books[*].isbn)].limit", `[]`},
		{"$.[?($.books[*].title)].limit", `[10]`},
		{"$.books[*].missing", `[]`},
		{"$", store},
	} {
		p, err := jsonpath.Compile(c.path)
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		got, err := p.Get(root)
		if err != nil || !value.Equal(got, parse(t, c.expected)) {
			t.Errorf("%s: got %v and error %v, expected %s", c.path, got, err, c.expected)
		}
	}
}

func TestDefinitePathNotFound(t *testing.T) {
	root := parse(t, store)
	for _, c := range []struct{ path, expected string }{
		{"$.x", "No results for path: $['x']"},
		{"$.x.y", "Missing property in path $['x']"},
		{"$.books[9]", "No results for path: $['books'][9]"},
	} {
		p, err := jsonpath.Compile(c.path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Get(root)
		var notFound *jsonpath.NotFoundError
		if !errors.As(err, &notFound) || notFound.Message != c.expected {
			t.Errorf("%s: got %v, expected %s", c.path, err, c.expected)
		}
	}
}

func TestPut(t *testing.T) {
	for _, c := range []struct{ path, root, expected string }{
		{"$", `{"a":1}`, `"new"`},
		{"$.a", `{"a":1,"b":2}`, `{"a":"new","b":2}`},
		{"$.c.d", `{"a":1}`, `{"a":1,"c":{"d":"new"}}`},
		{"$.l[1].x", `{"l":[{},{"y":1}]}`, `{"l":[{},{"y":1,"x":"new"}]}`},
		{"$[0]", `[1,2]`, `["new",2]`},
	} {
		p, err := jsonpath.Compile(c.path)
		if err != nil {
			t.Fatal(err)
		}
		root := parse(t, c.root)
		got, err := p.Put(root, "new")
		if err != nil || value.Text(got) != c.expected {
			t.Errorf("%s in %s: got %s and error %v, expected %s", c.path, c.root, value.Text(got), err, c.expected)
		}
		if value.Text(root) != c.root {
			t.Errorf("%s: the root changed to %s, expected %s", c.path, value.Text(root), c.root)
		}
	}
	for _, path := range []string{"$.l[5]", "$.a.b"} {
		p, err := jsonpath.Compile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.Put(parse(t, `{"l":[],"a":1}`), 1.0); err == nil {
			t.Errorf("%s: got %s, expected an error", path, value.Text(got))
		}
	}
}

func TestCompileRefusesInvalidPaths(t *testing.T) {
	for _, path := range []string{"", "a", "$.", "$.a[", "$.a[x]", "$.a[?(@.b]", "$.a['b", "$..", "$.a.upper()", "$[?(@.a == )]", "$a", "$[?(@.a == b c)]", "$[0] a"} {
		if _, err := jsonpath.Compile(path); err == nil {
			t.Errorf("%q: got a path, expected an error", path)
		}
	}
}

// FuzzPath compiles any text, and applies the path if that succeeds.
func FuzzPath(f *testing.F) {
	for _, path := range []string{"$.books[?(@.price < 13 && !(@.isbn))].title", "$..tags[0]", "$['a','b'][1:2]", "$.l[-1].length()", "$[?(@ =~ /x/i)]", "$.books[?(@.title in ['A'])]"} {
		f.Add(path)
	}
	root := parse(f, store)
	f.Fuzz(func(t *testing.T, source string) {
		p, err := jsonpath.Compile(source)
		if err != nil {
			return
		}
		if v, err := p.Get(root); err == nil {
			value.Text(v)
		}
		if p.Reference() {
			if _, err := p.Put(root, nil); err == nil && !p.Definite() {
				t.Errorf("%q is a reference, but not definite", source)
			}
		}
	})
}
