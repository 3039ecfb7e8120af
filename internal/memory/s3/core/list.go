package core

import (
	"sort"
	"strings"
)

// Page is a part of a list: the objects and common prefixes after a key or prefix.
type Page struct {
	Objects  []Listed
	Prefixes []string
	Next     string // after which the next page begins; "" if this is the last one
}

// Listed is an object with its key.
type Listed struct {
	Key string
	*Object
}

// List returns the page of a list that begins after a key, or after all keys with a
// common prefix.
func (s *Store) List(bucket, prefix, delimiter, after string, limit int) (*Page, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	b, err := s.bucket(bucket)
	if err != nil {
		return nil, err
	}
	found := &Page{}
	keys := b.sorted()
	last := after
	for at := sort.Search(len(keys), func(i int) bool { return keys[i] > after && keys[i] >= prefix }); at < len(keys); {
		key := keys[at]
		if !strings.HasPrefix(key, prefix) {
			break
		}
		common := ""
		if delimiter != "" {
			if i := strings.Index(key[len(prefix):], delimiter); i >= 0 {
				common = key[:len(prefix)+i+len(delimiter)]
			}
		}
		if common == "" || common != after {
			if len(found.Objects)+len(found.Prefixes) == limit {
				found.Next = last
				break
			}
		}
		if common == "" {
			found.Objects = append(found.Objects, Listed{key, b.objects[key]})
			last = key
			at++
			continue
		}
		if common != after { // else the page before ended with it
			found.Prefixes = append(found.Prefixes, common)
			last = common
		}
		at += sort.Search(len(keys)-at, func(i int) bool { return !strings.HasPrefix(keys[at+i], common) })
	}
	return found, nil
}
