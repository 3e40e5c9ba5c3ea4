package main
import "github.com/spf13/cobra"
func (p *program) syncCommand() *cobra.Command { return &cobra.Command{Use: "syncCommand"} }
