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
		// Slices: a step is ignored, and bounds beyond the array end at it.
		{"$.books[0:3:2].title", `["A","B","C"]`},
		{"$.books[1::2].title", `["B","C"]`},
		{"$.books[ 0:1 ].title", `["A"]`},
		{"$.books[2:1].title", `[]`},
		{"$.books[-1:].title", `["C"]`},
		{"$.books[:0].title", `[]`},
		{"$.books[5:].title", `[]`},
		{"$.books[0:1][?(@.price)].title", `["A"]`},
		// Unions.
		{"$.books[0,-1].title", `["A","C"]`},
		{"$.books[ 2 , 0 ].title", `["C","A"]`},
		{"$.books[0,0,9].title", `["A","A"]`},
		{"$['limit','none']", `{"limit":10}`},
		{"$['none','other']", `{}`},
		{"$.books[*]['title','price']", `[{"title":"A","price":8},{"title":"B","price":12},{"title":"C","price":20}]`},
		// Names in brackets.
		{`$["limit"]`, `10`},
		{`$[ 'limit' ]`, `10`},
		{`$["bicycle"]['color']`, `"red"`},
		// Conditions.
		{"$.books[?(@.price == '8')].title", `["A"]`},
		{"$.books[?(@.price === '8')].title", `[]`},
		{"$.books[?(@.price === 8)].title", `["A"]`},
		{"$.books[?(@.price !== '8')].title", `["A","B","C"]`},
		{"$.books[?(@.price != '8')].title", `["B","C"]`},
		{"$.books[?(@.isbn == 3)].title", `["C"]`},
		{"$.books[?(@.none != 1)].title", `["A","B","C"]`},
		{"$.books[?(@.none == null)].title", `[]`},
		{"$.books[?(@.price in ['8', 12])].title", `["A","B"]`},
		{"$.books[?(@.title IN ['A'])].title", `["A"]`},
		{"$.books[?(@.title nin ['A'])].title", `["B","C"]`},
		{"$.books[?(@.isbn nin ['3'])].title", `["A","B"]`},
		{"$.books[?(@.title nin @.none)].title", `[]`},
		{"$.books[?('x' in @.tags)].title", `["A"]`},
		{"$.books[?(@.tags contains 'y')].title", `["A"]`},
		{"$.books[?(@.title contains 'B')].title", `["B"]`},
		{"$.books[?(@.title contains 5)].title", `[]`},
		{"$.books[?(@.tags subsetof ['x','y','z'])].title", `["A"]`},
		{"$.books[?(@.tags anyof ['y','z'])].title", `["A"]`},
		{"$.books[?(@.tags noneof ['z'])].title", `["A"]`},
		{"$.books[?(@.tags noneof ['x'])].title", `[]`},
		{"$.books[?(@.tags all ['x'])].title", `[]`},
		{"$.books[?(@.title size 1)].title", `["A","B","C"]`},
		{"$.[?(@.bicycle size 2)].limit", `[]`},
		{"$.[?(@.bicycle empty false)].limit", `[10]`},
		{"$.books[?(@.tags empty false)].title", `["A"]`},
		{"$.books[?(@.title empty true)].title", `[]`},
		{"$.books[?(@.price empty true)].title", `[]`},
		{`$.books[?(@.price =~ /\d/)].title`, `["A"]`},
		{"$.books[?(@.tags =~ /y/)].title", `["A"]`},
		{"$.books[?(@.isbn =~ /.*/)].title", `["A","B","C"]`},
		{`$.books[?(@.title =~ /(?!A)\w/)].title`, `["B","C"]`},
		{"$.books[?(@.title =~ /A|B|CC/)].title", `["A","B"]`},
		{"$.books[?(!@.isbn && @.price > 8)].title", `["B"]`},
		{"$.books[?(!(@.isbn || @.tags))].title", `["B"]`},
		{"$.books[?(!(@.price > 8))].title", `["A"]`},
		{"$.books[?(!@.price > 8)].title", `["B","C"]`},
		{"$.books[?(@.price < 9 || @.price > 15 && @.isbn)].title", `["A","C"]`},
		{"$.books[?((@.price < 9 || @.price > 15) && @.isbn)].title", `["C"]`},
		{"$.books[?(@.price > '5')].title", `[]`},
		{"$.books[?(@.title >= 'B')].title", `["B","C"]`},
		{"$.books[?(@['price'] == 8)].title", `["A"]`},
		{"$.books[?(@.tags[0] == 'x')].title", `["A"]`},
		{"$.books[?(@.tags[?(@ == 'y')])].title", `["A"]`},
		{"$.books[?(@.tags.length() == 2)].title", `["A"]`},
		{"$.books[?(@.price == $.books[1].price)].title", `["B"]`},
		{"$.books[?(@.price > 8)][?(@.isbn)].title", `["C"]`},
		{"$.bicycle[?(@.price)].color", `["red"]`},
		// Deep scans.
		{"$..[0]", `[{"title":"A","price":8,"tags":["x","y"]},"x"]`},
		{"$..[0].title", `["A","B","C"]`},
		{"$..[0:1].title", `["A","B","C"]`},
		{"$..tags.*", `["x","y"]`},
		{"$..*.color", `["red"]`},
		{"$..['price','isbn']", `[{},{"price":8},{"price":12},{"price":20,"isbn":"3"},{"price":19.95}]`},
		{"$.books..tags[-1]", `["y"]`},
		{"$..none", `[]`},
		{"$..bicycle.price", `[19.95]`},
		{"$..books[?(@.isbn)]..price", `[20]`},
		// Functions.
		{"$.length()", `3`},
		{"$.books[0].length()", `3`},
		{"$.books[0].title.length()", `null`},
		{"$.bicycle.keys()", `["price","color"]`},
		{"$.books.keys()", `null`},
		{"$.books[*].length()", `[3,2,3]`},
		{"$.books[0:1].length()", `[3]`},
		{"$..price.sum()", `59.95`},
		{"$..price.max()", `20`},
		{"$..tags.length()", `2`},
		{"$..price.length()", `0`},
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
		{"$['bicycle','none'].color", "Multi properties can only be used as path leafs: $['bicycle', 'none']"},
		{"$.books[*]['title','price'][0]", "Multi properties can only be used as path leafs: $['books'][*]['title', 'price']"},
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

// A function that finds no number fails.
func TestFunctionsOfNothing(t *testing.T) {
	root := parse(t, store)
	for _, path := range []string{"$.limit.min()", "$.bicycle.max()", "$.books.sum()", "$.books[0].tags.avg()", "$..none.stddev()", "$.limit.first()", "$.bicycle.last()"} {
		p, err := jsonpath.Compile(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if got, err := p.Get(root); err == nil {
			t.Errorf("%s: got %s, expected an error", path, value.Text(got))
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
	for _, path := range []string{"", "a", "$.", "$.a[", "$.a[x]", "$.a[?(@.b]", "$.a['b", "$..", "$.a.upper()", "$[?(@.a == )]", "$a", "$[?(@.a == b c)]", "$[0] a",
		"$.a[:]", "$.a[::2]", "$.a[1 : 2]", "$.a[1:x]", "$.a[0 1]", "$.a[0,]", "$.a['b',]", "$.a['b' 'c']", "$.a[]", "$.a[?()]", "$.a[?(@.b =~ 'x')]",
		"$.a[?(@.b =~ /(/)]", "$.a[?(@.b ==)]", "$.a[?(@.b && )]", "$.a[?(@.b]", "$.a[?@.b]", "$.a[?(1)]", "$.a[?(@.b in)]", "$.a.concat()", "$.a.length().b", "$...a", "$..length()", "$.a[?(@..size())]",
	} {
		if _, err := jsonpath.Compile(path); err == nil {
			t.Errorf("%q: got a path, expected an error", path)
		}
	}
}

// FuzzPath compiles any text, and applies the path if that succeeds.
func FuzzPath(f *testing.F) {
	for _, path := range []string{"$.books[?(@.price < 13 && !(@.isbn))].title", "$..tags[0]", "$['a','b'][1:2]", "$.l[-1].length()", "$[?(@ =~ /x/i)]", "$.books[?(@.title in ['A'])]", "$..length()"} {
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
