package jsonata_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator makes random expressions and inputs. The same seed makes the same
// ones. Its grammar, in which T is the type that the place of an expression asks
// for, and one expression in ten ignores it:
//
//	expr(T)    = leaf(T) | path | call(T) | typed(T) | "(" block ")" | cond | chain
//	           | expr "[" pred "]" | var | recursion
//	typed(num) = num ("+"|"-"|"*"|"/"|"%") num | "-" num
//	typed(str) = any "&" any
//	typed(bool)= any ("="|"!=") any | num ("<"|"<="|">"|">=") num | str "<" str
//	           | any "in" array | bool ("and"|"or") bool
//	typed(arr) = "[" [ any { "," any } ] "]" | "[" num ".." num "]"
//	typed(obj) = "{" [ key ":" any { "," key ":" any } ] "}"
//	typed(fn)  = lambda | "$" builtin | builtin "(" (any|"?") ... ")" | regex
//	           | fn "~>" fn | transform
//	recursion  = "(" var ":=" "function(" var "," var "){" var ">" "0" "?"
//	             ( call | any op call ) ":" var "};" call ")"
//	path       = start { "." step } [ "{" key ":" any "}" ]
//	start      = name | "$" | "$$" | var | "*" | "**" | "(" any ")" | array | call
//	step       = ( name | '"' name '"' | "*" | "**" | "%" | "(" any ")" | object
//	             | array | call | builtin "(" arguments but the first ")" | fn ) { "@" var | "#" var | "[" pred "]" | "[]"
//	             | "^(" [ "<" | ">" ] any ")" }
//	pred       = num | "[" num ".." num "]" | "[" num "," num "]" | any op leaf
//	           | parents "." name op leaf | "$" op num | bool | any
//	block      = { var ":=" any ";" } any
//	cond       = bool "?" any [ ":" any ]
//	chain      = any "~>" ( fn | call )
//	call(T)    = builtin "(" arguments ")" | lambda "(" any ")" | partial "(" any ")"
//	lambda     = "function(" [ var { "," var } ] ")" [ "<" signature ">" ] "{" any "}"
//	transform  = "|" path "|" obj [ "," (str | array of str) ] "|"
//
// Arguments fit the types of the built-in function, but one in ten does not, and
// one may be missing or too many. Pictures of numbers, integers and times, regular
// expressions and signatures are made of random parts, see random_text_test.go.
// Functions that depend on chance appear inside $type, because their values cannot
// be compared.
//
// One expression in twenty has a syntax error, most likely: a part of its text is
// missing, doubled, or replaced.
type generator struct {
	*rand.Rand
	variables []string
	named     int
}

// tree is a generated expression: text around kids. A list may lose kids.
type tree struct {
	text []string
	kids []*tree
	list bool
}

func (t *tree) String() string {
	var b strings.Builder
	for i, kid := range t.kids {
		b.WriteString(t.text[i])
		b.WriteString(kid.String())
	}
	b.WriteString(t.text[len(t.kids)])
	return b.String()
}

// form returns a tree whose text is given, with _ in the place of each kid.
func form(text string, kids ...*tree) *tree {
	return &tree{text: strings.Split(text, "_"), kids: kids}
}

func literal(text string) *tree { return &tree{text: []string{text}} }

func list(separator string, kids []*tree) *tree {
	t := &tree{text: []string{""}, kids: kids, list: true}
	for range kids {
		t.text = append(t.text, separator)
	}
	t.text[len(kids)] = ""
	return t
}

func pick[T any](g *generator, from ...T) T { return from[g.IntN(len(from))] }

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

// The types of an expression.
const (
	anything = 'x'
	number   = 'n'
	text     = 's'
	boolean  = 'b'
	array    = 'A'
	numbers  = 'N'
	texts    = 'S'
	objects  = 'O'
	object   = 'o'
	function = 'f'
)

// builtinFunctions holds the result and the parameters of each built-in function.
// Lower case letters behind a colon name the kinds of leaf.
var builtinFunctions = []struct{ name, result, parameters string }{
	{"sum", "n", "N"}, {"count", "n", "A"}, {"max", "n", "N"}, {"min", "n", "N"}, {"average", "n", "N"},
	{"string", "s", "xb"}, {"length", "n", "s"}, {"substring", "s", "snn"}, {"substringBefore", "s", "ss"}, {"substringAfter", "s", "ss"},
	{"lowercase", "s", "s"}, {"uppercase", "s", "s"}, {"trim", "s", "s"}, {"pad", "s", "sns"}, {"contains", "b", "sr"}, {"split", "S", "srn"},
	{"join", "s", "Ss"}, {"match", "O", "sRn"}, {"replace", "s", "srqn"}, {"base64encode", "s", "s"}, {"base64decode", "s", "B"},
	{"encodeUrlComponent", "s", "u"}, {"encodeUrl", "s", "u"}, {"decodeUrlComponent", "s", "u"}, {"decodeUrl", "s", "u"},
	{"formatNumber", "s", "npF"}, {"formatBase", "s", "nn"}, {"formatInteger", "s", "ni"}, {"parseInteger", "n", "si"},
	{"number", "n", "v"}, {"floor", "n", "n"}, {"ceil", "n", "n"}, {"round", "n", "nn"}, {"abs", "n", "n"}, {"sqrt", "n", "n"}, {"power", "n", "nn"},
	{"boolean", "b", "x"}, {"not", "b", "x"}, {"exists", "b", "x"}, {"type", "s", "x"}, {"clone", "o", "o"},
	{"map", "A", "Af"}, {"filter", "A", "Af"}, {"single", "x", "Af"}, {"reduce", "x", "Agx"}, {"sift", "o", "of"}, {"each", "A", "of"}, {"zip", "A", "AA"},
	{"keys", "S", "o"}, {"lookup", "x", "ok"}, {"append", "A", "xx"}, {"spread", "O", "o"}, {"merge", "o", "O"}, {"reverse", "A", "A"},
	{"sort", "A", "Ac"}, {"distinct", "A", "A"}, {"error", "x", "s"}, {"assert", "x", "bs"},
	{"toMillis", "n", "TY"}, {"fromMillis", "s", "MYZ"}, {"now", "s", "YZ"},
}

var names = []string{"a", "b", "c", "d", "e", "missing"}

// leaves holds literals by type.
var leaves = map[byte][]string{
	number:  {"0", "1", "2", "3", "-1", "-2", "10", "2.5", "0.1", "-0.5", "1e3", "255", "1e-7", "12345.678", "1e20", "1.005", "9007199254740993", "999999999999999868928", "1e21", "5e-324", "1e308", "(1/0)", `$parseInteger("x","0")`},
	text:    {`""`, `"a"`, `"b"`, `"c"`, `"abc"`, `"A b"`, `" x "`, `"1"`, `"-2.5"`, `"x,y,z"`, `"é😀"`, `"true"`, `"a\nb"`, `"\""`, `'it'`, `"\uD83D\uDE00z"`, `"ßﬁİ"`, `"日本 語"`, `"  a\t b "`, `"[1]"`, `"abcabcabc"`},
	boolean: {"true", "false"},
	object:  {"{}", `{"a":1}`, `{"b":{"a":2}}`},
	array:   {"[]", "[1,2,3]", `["a","b"]`, "[1..4]", `[{"a":1},{"a":2}]`, "[[1,2],[3]]", "[null]", "[[]]", "[[[1]],[2]]", `[1,"1",true,null,[1],{"a":1}]`},
	numbers: {"[]", "[1,2,3]", "[3,1,2]", "[0.1,0.2]", "[1..3]"},
	texts:   {"[]", `["a"]`, `["b","a","c"]`, `["",""]`},
	objects: {"[]", `[{"a":1,"b":2},{"a":3}]`, `[{"c":[1,2]},{"c":3}]`},
	'v':     {`"1"`, `"0x1F"`, `"0b11"`, `"0o17"`, `"1e3"`, `"-"`, `""`, `"1,0"`, "true", "5", `" 1"`, `"1e400"`, `"-0"`},
	'r':     {`"a"`, `","`, `" "`, `""`, `/a/`, `/[a-c]/`, `/,/`, `/\s+/`, `/(a)(b)?/`, `/B/i`, `/^/`, `/x*/`, `/(\w)(\w)/`},
	'R':     {`/a/`, `/[a-c]/`, `/(a)(b)?/`, `/b/i`, `/\w+/`, `/x*/`, `/./`, `/^a/m`},
	'q':     {`"z"`, `""`, `"$1"`, `"$0$0"`, `"$$"`, `"$2-$1"`, `"<$10>"`, `"$"`, `function($m){$m.match & "!"}`, `function($m){$m.groups[0]}`, `function($m){$m.start}`},
	'u':     {`"a b&c=d/é"`, `"?x=%20"`, `"%E4%BD"`, `"http://a/b?c=d e#f"`, `"%"`, `"😀"`, `"%2F%3f"`},
	'B':     {`"aGVsbG8="`, `""`, `"YQ=="`, `"AAEC"`},
	'p':     {`"#,##0.00"`, `"0"`, `"#"`, `"00.0"`, `"0%"`, `"0.0‰"`, `"#,##0;(#)"`, `"0.00e0"`, `"#0.###"`, `""`, `"0.0.0"`, `"x0y"`, `"##,#0"`, `"0,"`},
	'F':     {"{}", `{"decimal-separator":","}`, `{"grouping-separator":"."}`, `{"zero-digit":"٠"}`, `{"minus-sign":"−","percent":"p"}`, `{"exponent-separator":"E","digit":"x"}`, `{"pattern-separator":"|","per-mille":"m","infinity":"inf","NaN":"nan"}`, `{"decimal-separator":",","grouping-separator":"."}`},
	'i':     {`"0"`, `"001"`, `"#,##0"`, `"I"`, `"i"`, `"A"`, `"a"`, `"w"`, `"W"`, `"Ww"`, `"1;o"`, `"w;o"`, `"α"`, `""`, `"#"`, `"٠"`},
	'T':     {`"2018-03-01"`, `"2018-03-01T10:20:30.400Z"`, `"2018"`, `"10:20"`, `"1 March 2018"`, `"x"`, `"2018-W09"`, `"12:30:00.5"`, `"2018-03-01T10:20:30+01:00"`, `"2020-02-30"`, `"0000-01-01"`},
	'Y':     {`"[Y]-[M01]-[D01]"`, `"[H01]:[m01]:[s01].[f001]"`, `"[D1] [MNn] [Y0001]"`, `"[FNn], [D1o]"`, `"[Y"`, `"[h]:[m] [P]"`, `"[W] [w] [X] [x]"`, `"[Z] [z]"`, `"[dwo]"`, `"[YI]"`, `"[[x]]"`, `"[q]"`},
	'Z':     {`"+0100"`, `"-0530"`, `"Z"`, `"x"`, `"0000"`, `"+1400"`, `"-1"`, `"0530"`, `"+05:30"`, `""`},
	'M':     {"0", "1519899630400", "-1", "1e12", "951782400000", "-62135596800000", "-1e14", "8.64e15", "8.7e15", "0.5", "4102444799999"},
	'k':     {`"a"`, `"b"`, `"missing"`},
}

func (g *generator) leaf(want byte) *tree {
	switch {
	case want == function:
		return g.function(0)
	case want == 'c' || want == 'g':
		return literal(pick(g, "function($l,$r){$l>$r}", "function($l,$r){$l.a<$r.a}", "function($l,$r){$l+$r}", "$append", "function($l,$r,$i){$string($l)>$string($r)}"))
	case g.chance(12):
		return literal(pick(g, "null", "missing", "$", "$$"))
	case g.chance(25) && len(g.variables) > 0:
		return literal(pick(g, g.variables...))
	case g.chance(25):
		return literal(pick(g, names...))
	}
	if strings.IndexByte("rRpiYTB", want) >= 0 && g.chance(60) {
		return literal(g.text(want))
	}
	if from, ok := leaves[want]; ok {
		return literal(pick(g, from...))
	}
	return literal(pick(g, leaves[pick[byte](g, number, text, boolean, object, array, numbers, texts, objects)]...))
}

// plain reports whether a place asks for a kind of literal that is no type.
func plain(want byte) bool { return strings.IndexByte("vrRquBpiFTYZMkcg", want) >= 0 }

func (g *generator) expression(want byte, depth int) *tree {
	if g.chance(10) {
		want = anything
	}
	if depth <= 0 || plain(want) && !g.chance(5) {
		return g.leaf(want)
	}
	depth--
	switch n := g.IntN(100); {
	case n < 8:
		return g.leaf(want)
	case n < 32:
		return g.path(depth)
	case n < 54:
		return g.call(want, depth)
	case n < 59:
		return g.block(want, depth)
	case n < 60:
		return g.recursion(depth)
	case n < 65:
		t := form("_ ? _", g.expression(boolean, depth), g.expression(want, depth))
		if g.chance(80) {
			t = form("_ : _", t, g.expression(want, depth))
		}
		return form("(_)", t)
	case n < 71:
		return g.chain(depth)
	case n < 76:
		return form("_[_]", g.operand(want, depth), g.predicate(depth))
	}
	return g.typed(want, depth)
}

// operand returns an expression that a postfix can follow.
func (g *generator) operand(want byte, depth int) *tree {
	if g.chance(30) {
		return g.expression(want, depth)
	}
	return form("(_)", g.expression(want, depth))
}

func (g *generator) typed(want byte, depth int) *tree {
	for want == anything || leaves[want] == nil && want != function {
		want = pick[byte](g, number, text, boolean, object, array, numbers, texts, objects, function)
	}
	infix := func(operator string, left, right byte) *tree {
		t := form("_ "+operator+" _", g.expression(left, depth), g.expression(right, depth))
		if g.chance(70) {
			return form("(_)", t)
		}
		return t
	}
	switch want {
	case number:
		if g.chance(10) {
			return form("-_", g.expression(number, depth))
		}
		return infix(pick(g, "+", "-", "*", "/", "%"), number, number)
	case text:
		return infix("&", anything, anything)
	case boolean:
		switch g.IntN(5) {
		case 0:
			return infix(pick(g, "=", "!="), anything, anything)
		case 1:
			return infix(pick(g, "<", "<=", ">", ">="), number, number)
		case 2:
			return infix(pick(g, "<", ">="), text, text)
		case 3:
			return infix("in", anything, array)
		}
		return infix(pick(g, "and", "or"), boolean, boolean)
	case object:
		return g.object(depth)
	case function:
		return g.function(depth)
	}
	if g.chance(20) {
		return form("[_.._]", g.expression(number, 0), g.expression(number, 0))
	}
	element := map[byte]byte{array: anything, numbers: number, texts: text, objects: object}[want]
	return form("[_]", g.several(", ", 3, func() *tree { return g.expression(element, depth) }))
}

func (g *generator) several(separator string, most int, one func() *tree) *tree {
	var kids []*tree
	for range g.IntN(most + 1) {
		kids = append(kids, one())
	}
	return list(separator, kids)
}

// key returns the key of a member. It is never the text of a number.
func (g *generator) key(depth int) *tree {
	switch g.IntN(4) {
	case 0:
		return form(`"k" & _`, g.expression(anything, min(depth, 1)))
	case 1:
		return literal(pick(g, names...))
	}
	return literal(pick(g, `"a"`, `"b"`, `"c"`, `"d"`))
}

func (g *generator) object(depth int) *tree {
	return form("{_}", g.several(", ", 3, func() *tree { return form("_: _", g.key(depth), g.expression(anything, depth)) }))
}

func (g *generator) variable() string {
	g.named++
	return fmt.Sprintf("$v%d", g.named)
}

// scope restores the variables in scope after f.
func (g *generator) scope(f func() *tree) *tree {
	n := len(g.variables)
	defer func() { g.variables = g.variables[:n] }()
	return f()
}

func (g *generator) block(want byte, depth int) *tree {
	return g.scope(func() *tree {
		var kids []*tree
		for range g.IntN(3) {
			name := g.variable()
			kids = append(kids, form(name+" := _", g.expression(pick[byte](g, anything, function, array), depth)))
			g.variables = append(g.variables, name)
		}
		kids = append(kids, g.expression(want, depth))
		return form("(_)", list("; ", kids))
	})
}

// recursion returns the call of a function that calls itself a few times.
func (g *generator) recursion(depth int) *tree {
	return g.scope(func() *tree {
		f, n, v := g.variable(), g.variable(), g.variable()
		start := g.expression(anything, depth)
		g.variables = append(g.variables, n, v)
		next := form(f+"("+n+" - 1, _)", g.expression(anything, min(depth, 2)))
		switch g.IntN(4) {
		case 0:
			next = form("_ & _", next, g.expression(anything, 0))
		case 1:
			next = form("[_, _]", g.expression(anything, 0), next)
		case 2:
			next = g.block(anything, 0)
			next = form("(_; "+f+"("+n+" - 1, "+v+"))", next)
		}
		return form("("+f+" := function("+n+", "+v+"){"+n+" > 0 ? _ : "+v+"}; "+f+"("+pick(g, "0", "1", "3")+", _))", next, start)
	})
}

func (g *generator) chain(depth int) *tree {
	right := g.call(anything, depth)
	if g.chance(50) {
		right = g.function(depth)
	}
	t := form("_ ~> _", g.operand(anything, depth), right)
	if g.chance(60) {
		return form("(_)", t)
	}
	return t
}

func (g *generator) function(depth int) *tree {
	switch n := g.IntN(100); {
	case n < 45:
		return g.lambda(depth)
	case n < 60:
		return literal("$" + pick(g, builtinFunctions...).name)
	case n < 75:
		return g.partial(depth)
	case n < 80:
		return literal(pick(g, leaves['R']...))
	case n < 85 && depth > 0:
		return form("(_ ~> _)", g.function(depth-1), g.function(depth-1))
	case n < 92 && depth > 0:
		t := form("|_|_", g.path(depth-1), g.expression(object, depth-1))
		switch g.IntN(3) {
		case 0:
			return form("_, _|", t, g.expression(texts, depth-1))
		case 1:
			return form("_, _|", t, literal(pick(g, `"a"`, `["a","b"]`, "1")))
		}
		return form("_|", t)
	}
	return g.lambda(depth)
}

func (g *generator) lambda(depth int) *tree {
	return g.scope(func() *tree {
		var parameters []string
		for range pick(g, 0, 1, 1, 1, 2, 2, 3) {
			parameters = append(parameters, g.variable())
		}
		g.variables = append(g.variables, parameters...)
		signature := ""
		if g.chance(8) {
			signature = pick(g, "<n:n>", "<s-:s>", "<a:x>", "<nn?:n>", "<x-x?:x>", "<a<n>:n>", "<(sn):x>", "<o-:o>", "<b+:b>", "<f:x>", "<j:j>", g.signature(), g.signature(), g.signature())
		}
		return form("function("+strings.Join(parameters, ",")+")"+signature+"{_}", g.expression(anything, depth))
	})
}

// partial returns a partial application.
func (g *generator) partial(depth int) *tree {
	if g.chance(30) {
		return form("_(_)", form("(_)", g.lambda(depth)), g.several(", ", 3, func() *tree {
			if g.chance(60) {
				return literal("?")
			}
			return g.expression(anything, depth)
		}))
	}
	f := pick(g, builtinFunctions...)
	for f.name == "string" || f.name == "now" { // jsonata keeps no signature for these
		f = pick(g, builtinFunctions...)
	}
	var kids []*tree
	open := g.IntN(len(f.parameters))
	for i := range len(f.parameters) {
		if i == open || g.chance(25) {
			kids = append(kids, literal("?"))
		} else {
			kids = append(kids, g.argument(f.parameters[i], depth))
		}
	}
	if len(kids) > open+1 && g.chance(40) {
		kids = kids[:open+1]
	}
	return form("$"+f.name+"(_)", list(", ", kids))
}

func (g *generator) argument(want byte, depth int) *tree {
	if g.chance(10) {
		return g.leaf(anything)
	}
	if want == function && g.chance(85) {
		return g.lambda(min(depth, 2))
	}
	return g.expression(want, depth)
}

func (g *generator) call(want byte, depth int) *tree {
	switch n := g.IntN(100); {
	case n < 6:
		return form("_(_)", form("(_)", g.lambda(depth)), g.several(", ", 3, func() *tree { return g.expression(anything, depth) }))
	case n < 14:
		return form("_(_)", g.partial(depth), g.several(", ", 2, func() *tree { return g.expression(anything, depth) }))
	case n < 16 && len(g.variables) > 0:
		return form(pick(g, g.variables...)+"(_)", g.several(", ", 2, func() *tree { return g.expression(anything, depth) }))
	case n < 17:
		return literal(pick(g, "$type($random())", "$count($shuffle([1,2,3]))", "$shuffle(a) ~> $count", "$millis()", "$now()"))
	case n < 18:
		p := g.text('Y')
		return form("$toMillis($fromMillis(_, "+p+"), "+p+")", g.leaf('M'))
	}
	f := pick(g, builtinFunctions...)
	for range 6 {
		if want == anything || f.result == string(want) {
			break
		}
		f = pick(g, builtinFunctions...)
	}
	var kids []*tree
	for i := range len(f.parameters) {
		kids = append(kids, g.argument(f.parameters[i], depth))
	}
	switch n := g.IntN(100); {
	case n < 30 && len(kids) > 1, n < 6:
		kids = kids[:len(kids)-1]
	case n > 96:
		kids = append(kids, g.leaf(anything))
	}
	return form("$"+f.name+"(_)", list(", ", kids))
}

func (g *generator) path(depth int) *tree {
	return g.scope(func() *tree {
		t := g.start(depth)
		for range pick(g, 0, 1, 1, 2, 2, 3, 4) {
			t = form("_._", t, g.modified(g.step(depth), depth))
		}
		if g.chance(8) {
			t = form("_{_}", t, g.several(", ", 2, func() *tree { return form("_: _", g.key(depth), g.expression(anything, depth)) }))
		}
		return t
	})
}

func (g *generator) start(depth int) *tree {
	var t *tree
	switch n := g.IntN(100); {
	case n < 45:
		t = literal(pick(g, names...))
	case n < 55:
		t = literal(pick(g, "$", "$$"))
	case n < 62:
		t = literal(pick(g, "*", "**"))
	case n < 72 && len(g.variables) > 0:
		t = literal(pick(g, g.variables...))
	case n < 84:
		t = form("(_)", g.path(depth-1))
	case n < 88:
		t = g.typed(array, depth)
	case n < 92:
		t = g.call(anything, depth)
	default:
		t = form("(_)", g.expression(anything, depth))
	}
	return g.modified(t, depth)
}

func (g *generator) step(depth int) *tree {
	switch n := g.IntN(100); {
	case n < 50:
		return literal(pick(g, names...))
	case n < 56:
		return literal(pick(g, `"a"`, "`b`"))
	case n < 64:
		return literal("*")
	case n < 67:
		return literal("**")
	case n < 78:
		return literal("%")
	case n < 86:
		return form("(_)", g.expression(anything, depth))
	case n < 90:
		return g.object(depth)
	case n < 93:
		return g.typed(array, depth)
	case n < 97:
		f := pick(g, builtinFunctions...)
		var kids []*tree
		for i := 1; i < len(f.parameters); i++ {
			kids = append(kids, g.argument(f.parameters[i], depth))
		}
		return form("$"+f.name+"(_)", list(", ", kids))
	case n < 98:
		return g.function(depth)
	}
	return g.call(anything, depth)
}

func (g *generator) modified(t *tree, depth int) *tree {
	for g.chance(28) {
		switch g.IntN(12) {
		case 0, 1:
			name := g.variable()
			t = form("_"+pick(g, "@", "#")+name, t)
			g.variables = append(g.variables, name)
		case 2:
			t = form("_[]", t)
		case 3, 4:
			keys := []*tree{form(pick(g, "", "<", ">")+"_", g.sortKey(depth))}
			if g.chance(25) {
				keys = append(keys, form(pick(g, "", "<", ">")+"_", g.sortKey(depth)))
			}
			t = form("_^(_)", t, list(", ", keys))
		default:
			t = form("_[_]", t, g.predicate(depth))
		}
	}
	return t
}

func (g *generator) sortKey(depth int) *tree {
	if g.chance(70) {
		return literal(pick(g, "a", "b", "c", "$", "%.a", "$string($)", "d.a"))
	}
	return g.expression(anything, min(depth, 1))
}

func (g *generator) predicate(depth int) *tree {
	compared := func(left *tree) *tree {
		return form("_ "+pick(g, "=", "!=", "<", ">", "<=")+" _", left, g.leaf(pick[byte](g, number, number, text)))
	}
	switch g.IntN(10) {
	case 0, 1:
		return literal(pick(g, "0", "1", "-1", "2", "0.5", "-3"))
	case 2:
		return form("[_.._]", literal(pick(g, "0", "1", "-2")), literal(pick(g, "0", "1", "2", "-1")))
	case 3:
		return form("[_]", g.several(",", 2, func() *tree { return literal(pick(g, "0", "1", "-1", "1.5", `"a"`)) }))
	case 4, 5:
		return compared(literal(pick(g, names...)))
	case 6:
		return compared(literal(pick(g, "%.a", "%.b", "%.%.a", "%.c", "$.%.a", "a.%.b")))
	case 7:
		return compared(literal("$"))
	case 8:
		return g.expression(boolean, min(depth, 2))
	}
	return g.expression(anything, min(depth, 2))
}

// input returns a random JSON text, or "" for no input.
func (g *generator) input() string {
	switch g.IntN(30) {
	case 0:
		return ""
	case 1:
		return pick(g, "null", "5", `"text"`, "[]", "{}", "[1,2,3]", `["b","a"]`, "true", "[[1],[2,[3]]]", "[[]]", "[[[]],[]]", "[null,[null]]", `[1,[{"a":[[1]]}]]`, `[[{"a":1}],{"a":[2,[3]]}]`)
	case 2, 3, 4, 5:
		return g.arrayOf(func() string { return g.record(3) })
	}
	return g.record(4)
}

func (g *generator) arrayOf(one func() string) string {
	var items []string
	for range pick(g, 0, 1, 2, 2, 3, 3, 4) {
		items = append(items, one())
	}
	return "[" + strings.Join(items, ",") + "]"
}

func (g *generator) record(depth int) string {
	var members []string
	for _, i := range g.Perm(5)[:g.IntN(6)] {
		members = append(members, `"`+names[i]+`":`+g.json(depth-1))
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (g *generator) json(depth int) string {
	n := g.IntN(100)
	switch {
	case depth > 0 && n < 25:
		return g.record(depth)
	case depth > 0 && n < 45:
		return g.arrayOf(func() string { return g.record(depth) })
	case depth > 0 && n < 55:
		return g.arrayOf(func() string { return g.json(depth - 1) })
	case n < 62:
		return pick(g, "null", "true", "false")
	case n < 82:
		return pick(g, "0", "1", "2", "3", "-1", "2.5", "10", "0.1", "1e10", "1e-10", "1e300", "-1e300", "0.30000000000000004")
	}
	return pick(g, `"a"`, `"b"`, `"abc"`, `""`, `"é😀"`, `"x y"`, `"B"`, `"5x"`, `"2018-03-01"`, `"1e3"`, `"日本"`)
}
