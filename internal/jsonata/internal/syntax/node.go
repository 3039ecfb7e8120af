package syntax

import "github.com/mapjob/mapjob/internal/jsonata/internal/regex"

// Kind tells syntax nodes apart.
type Kind uint8

const (
	kindEnd         Kind = iota // the end of the source, where an expression was expected
	KindName                    // a field
	KindVariable                // $x, $, $$
	KindString                  //
	KindNumber                  //
	KindConstant                // true, false, null
	KindRegex                   //
	kindOperator                // and, or, in, ? where an operand was expected
	KindBinary                  // arithmetic, comparison, logic, &, .., in
	KindNegate                  // -x
	KindArray                   // [ … ]
	KindObject                  // { … }
	KindWildcard                // *
	KindDescendants             // **
	KindParent                  // %
	KindBlock                   // ( … ; … )
	KindCondition               // ? :
	KindBind                    // :=
	KindApply                   // ~>
	KindCall                    // f( … )
	KindPartial                 // f( … ? … )
	KindPlaceholder             // the ? of a partial application
	KindLambda                  // function( … ){ … }
	KindTransform               // | … | … |
	KindPath                    // a.b.c
	KindSort                    // ^( … ), a step of a path

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
var kindNames = map[Kind]string{
	KindName: "name", KindVariable: "variable", KindString: "string", KindNumber: "number", KindConstant: "value",
	KindRegex: "regex", KindBinary: "binary", KindNegate: "unary", KindArray: "unary", KindObject: "unary",
	KindWildcard: "wildcard", KindDescendants: "descendant", KindParent: "parent", KindBlock: "block",
	KindCondition: "condition", KindBind: "bind", KindApply: "apply", KindCall: "function", KindPartial: "partial",
	KindLambda: "lambda", KindTransform: "transform", KindPath: "path", KindSort: "sort",
}

// Node is a node of the syntax tree. Which fields are set depends on its
// kind; one struct for all of them, because the tree is rewritten in place.
type Node struct {
	Kind  Kind
	Pos   int    // byte offset just past the node's operator or token
	Text  string // name, string, operator
	Value any    // of a number or constant
	Regex *regex.Regexp

	Left, Right *Node // operands; condition: then is right; transform: pattern and update
	Other       *Node // else branch; delete clause; a lambda's body; a call's procedure
	List        []*Node
	Pairs       [][2]*Node
	Terms       []SortTerm
	Signature   *Signature
	Tail        bool // a call in tail position of a lambda's body

	KeepArray  bool // followed by []
	KeepSingle bool // a path whose result stays an array
	ConsArray  bool // an array constructor at either end of a path: its arrays are not flattened
	Tuple      bool // binds variables per item
	Focus      string
	Index      string
	Ancestor   *Ancestor
	seeking    []*Ancestor // parents that are to be found further out

	Predicates []Stage // applied to the node's value
	Stages     []Stage // applied within a step of a path
	Group      *GroupBy
}

type SortTerm struct {
	Key        *Node
	Descending bool
}

// Stage is a predicate, or the binding of an index variable.
type Stage struct {
	Filter *Node // nil for an index binding
	Index  string
	pos    int
}

type GroupBy struct {
	Pairs [][2]*Node
	Pos   int
}

// Ancestor is the object that a % stands for: a binding that some step further
// out makes. Ancestors that turn out to be the same step share a label.
type Ancestor struct {
	Label string
	level int
}
