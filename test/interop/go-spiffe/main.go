// Judges JWT-SVIDs and X.509-SVIDs with go-spiffe: a case a line in, a verdict a line out, both JSON.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/svid/jwtsvid"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
)

type question struct {
	ID       string            `json:"id"`
	Bundles  map[string]string `json:"bundles"`
	Token    *string           `json:"token"`
	Audience []string          `json:"audience"`
	Chain    [][]byte          `json:"chain"`
	Now      int64             `json:"now"`
}

type verdict struct {
	ID       string `json:"id"`
	OK       bool   `json:"ok"`
	SpiffeID string `json:"spiffeId,omitempty"`
	Error    string `json:"error,omitempty"`
	// What the clock showed, for go-spiffe takes no other time for tokens.
	Now int64 `json:"now"`
}

func judge(q question) (string, error) {
	set := spiffebundle.NewSet()
	for name, document := range q.Bundles {
		trustDomain, err := spiffeid.TrustDomainFromString(name)
		if err != nil {
			return "", err
		}
		bundle, err := spiffebundle.Parse(trustDomain, []byte(document))
		if err != nil {
			return "", err
		}
		set.Add(bundle)
	}
	if q.Token != nil {
		svid, err := jwtsvid.ParseAndValidate(*q.Token, set, q.Audience)
		if err != nil {
			return "", err
		}
		return svid.ID.String(), nil
	}
	id, _, err := x509svid.ParseAndVerify(q.Chain, set, x509svid.WithTime(time.Unix(q.Now, 0)))
	return id.String(), err
}

func answer(line []byte) (v verdict) {
	defer func() {
		if cause := recover(); cause != nil {
			v.OK, v.Error = false, fmt.Sprintf("panic: %v", cause)
		}
	}()
	var q question
	if err := json.Unmarshal(line, &q); err != nil {
		fmt.Fprintln(os.Stderr, "not a case:", err)
		os.Exit(2)
	}
	v = verdict{ID: q.ID, Now: time.Now().Unix()}
	id, err := judge(q)
	if err != nil {
		v.Error = err.Error()
		return v
	}
	v.OK, v.SpiffeID = true, id
	return v
}

func main() {
	scanner := bufio.NewScanner(os.Stdin)
	scanner.Buffer(nil, 16<<20)
	out := json.NewEncoder(os.Stdout)
	for scanner.Scan() {
		if err := out.Encode(answer(scanner.Bytes())); err != nil {
			os.Exit(2)
		}
	}
	if scanner.Err() != nil {
		fmt.Fprintln(os.Stderr, scanner.Err())
		os.Exit(2)
	}
}
