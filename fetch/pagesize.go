package fetch

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"syncer/source"
)

// pageSize is how many items, or values, a call of the sweep asks for: never more
// than the cloud takes, where it has refused a larger number.
func (s *sweep) pageSize() int {
	size := s.request.PageSize
	if size <= 0 {
		size = s.request.Source.Sizes().Default
	}
	if most := s.request.Source.Sizes().Most; most > 0 {
		size = min(size, most)
	}
	if taken := s.client.takenSize(s.request.Source.Name); taken > 0 {
		size = min(size, taken)
	}
	return size
}

// takenSize is the page size that the cloud takes; 0: it has refused none.
func (c *Client) takenSize(source string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pageSizes[source]
}

// askForLess halves the source's pages where the cloud has refused their size, which
// few APIs publish a limit of, and reports whether the listing is to be made anew. The
// client remembers it for all later sweeps of the source.
func (s *sweep) askForLess(ctx context.Context, err error) bool {
	var answer *Error
	if s.size <= 1 || !errors.As(err, &answer) || !s.refusesSize(answer) {
		return false
	}
	c, name, half := s.client, s.request.Source.Name, s.size/2
	c.mu.Lock()
	taken, known := c.pageSizes[name]
	first := !known || taken > half // another sweep may have been refused the same
	if first {
		c.pageSizes[name] = half
	}
	c.mu.Unlock()
	if first {
		c.logger.WarnContext(ctx, "the cloud refuses the page size, half of it is asked for from now on: set page_size of the source to a size that it takes",
			s.attrs("page_size", s.size, "half", half, "error", err)...)
	}
	return true
}

var (
	// parameterCode is a code about a parameter: other errors may quote the whole request.
	parameterCode = regexp.MustCompile(`(?i)^$|invalid|illegal|param|argument|range|exceed|limit|size|max|bad ?request|^400$`)
	pageSizeWords = regexp.MustCompile(`(?i)page[ _-]?size|max[ _-]?results|page[ _-]?limit`)
	tooManyWords  = regexp.MustCompile(`(?i)too (many|long)|toomany|exceed|at most|max|limit|no more than|larger than|out ?of ?range`)
)

// refusesSize reports whether an error is about how many items, or values, were
// asked for. Each product words it in its own way: InvalidPageSize, or
// InvalidParameter with a message about the parameter.
func (s *sweep) refusesSize(e *Error) bool {
	if e.kind() != final || !parameterCode.MatchString(e.Code) {
		return false
	}
	text := e.Code + " " + e.Message
	if _, batches := s.request.Source.Pager.(source.Batches); batches {
		return containsFold(text, s.request.Sweep.Each.Param) && tooManyWords.MatchString(text)
	}
	return pageSizeWords.MatchString(text) || containsFold(text, s.sizeParam())
}

// sizeParam is the name of the parameter that the page size goes in.
func (s *sweep) sizeParam() string {
	switch p := s.request.Source.Pager.(type) {
	case source.PageNumber:
		return p.Size
	case source.NextToken:
		return p.Size
	}
	return ""
}

func containsFold(text, word string) bool {
	return word != "" && strings.Contains(strings.ToLower(text), strings.ToLower(word))
}
