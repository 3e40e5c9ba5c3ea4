package main
import "github.com/spf13/cobra"
func (p *program) statusCommand() *cobra.Command { return &cobra.Command{Use: "statusCommand"} }
