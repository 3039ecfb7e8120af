// Command nightly sends the bills of a night. Cron runs it.
package main

import (
	"context"
	"log"

	"example.com/water/meters"
)

func main() {
	ctx := context.Background()
	for reading, err := range meters.Readings(ctx, meters.Night{Meters: 200}) {
		if err != nil {
			log.Fatal(err)
		}
		if _, err := meters.Send(ctx, reading); err != nil {
			log.Fatal(err)
		}
	}
}
