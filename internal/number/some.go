package number

import (
	"fmt"
	"strings"
)

// Some joins the first ten elements of a list, and says how many more there are.
func Some(list []string) string {
	const most = 10
	if len(list) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
	}
	return strings.Join(list, ", ")
}
