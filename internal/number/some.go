package number

import (
	"fmt"
	"strings"
)

// Some returns the first elements of a list, and how many more there are.
func Some(list []string) string {
	const most = 10
	if len(list) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
	}
	return strings.Join(list, ", ")
}
