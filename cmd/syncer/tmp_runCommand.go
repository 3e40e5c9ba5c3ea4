package main
import "github.com/spf13/cobra"
func (p *program) runCommand() *cobra.Command { return &cobra.Command{Use: "runCommand"} }
