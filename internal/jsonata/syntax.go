package jsonata

import "github.com/mapjob/mapjob/internal/jsonata/internal/regex"

// kind tells syntax nodes apart.
type kind uint8

const (
	kindEnd         kind = iota // the end of the source, where an expression was expected
	kindName                    // a field
	kindVariable                // $x, $, $$
	kindString                  //
	kindNumber                  //
	kindConstant                // true, false, null
	kindRegex                   //
	kindOperator                // and, or, in, ? where an operand was expected
	kindBinary                  // arithmetic, comparison, logic, &, .., in
	kindNegate                  // -x
	kindArray                   // [ … ]
	kindObject                  // { … }
	kindWildcard                // *
	kindDescendants             // **
	kindParent                  // %
	kindBlock                   // ( … ; … )
	kindCondition               // ? :
	kindBind                    // :=
	kindApply                   // ~>
	kindCall                    // f( … )
	kindPartial                 // f( … ? … )
	kindPlaceholder             // the ? of a partial application
	kindLambda                  // function( … ){ … }
	kindTransform               // | … | … |
	kindPath                    // a.b.c
	kindSort                    // ^( … ), a step of a path

	// As parsed, before they are folded into paths:
	kindDot       // a . b
	kindPredicate // a [ b ]
	kindGroup     // a { … }
	kindOrder     // a ^ ( … )
	kindFocus     // a @ $b
	kindIndex     // a # $b
)

// kindNames are the names of node types that jsonata puts into the token of
// error S0217.
var kindNames = map[kind]string{
	kindName: "name", kindVariable: "variable", kindString: "string", kindNumber: "number", kindConstant: "value",
	kindRegex: "regex", kindBinary: "binary", kindNegate: "unary", kindArray: "unary", kindObject: "unary",
	kindWildcard: "wildcard", kindDescendants: "descendant", kindParent: "parent", kindBlock: "block",
	kindCondition: "condition", kindBind: "bind", kindApply: "apply", kindCall: "function", kindPartial: "partial",
	kindLambda: "lambda", kindTransform: "transform", kindPath: "path", kindSort: "sort",
}

// syntax is a node of the syntax tree. Which fields are set depends on its
// kind; one struct for all of them, because the tree is rewritten in place.
type syntax struct {
	kind  kind
	pos   int    // byte offset just past the node's operator or token
	text  string // name, string, operator
	value any    // of a number or constant
	regex *regex.Regexp

	left, right *syntax // operands; condition: then is right; transform: pattern and update
	other       *syntax // else branch; delete clause; a lambda's body; a call's procedure
	list        []*syntax
	pairs       [][2]*syntax
	terms       []sortTerm
	signature   *signature
	tail        bool // a call in tail position of a lambda's body

	keepArray  bool // followed by []
	keepSingle bool // a path whose result stays an array
	consArray  bool // an array constructor at either end of a path: its arrays are not flattened
	tuple      bool // binds variables per item
	focus      string
	index      string
	ancestor   *ancestor
	seeking    []*ancestor // parents that are to be found further out

	predicates []stage // applied to the node's value
	stages     []stage // applied within a step of a path
	group      *groupBy
}

type sortTerm struct {
	key        *syntax
	descending bool
}

// stage is a predicate, or the binding of an index variable.
type stage struct {
	filter *syntax // nil for an index binding
	index  string
	pos    int
}

type groupBy struct {
	pairs [][2]*syntax
	pos   int
}

// ancestor is the object that a % stands for: a binding that some step further
// out makes. Ancestors that turn out to be the same step share a label.
type ancestor struct {
	label string
	level int
}
