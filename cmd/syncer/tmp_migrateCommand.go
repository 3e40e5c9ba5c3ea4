package main
import "github.com/spf13/cobra"
func (p *program) migrateCommand() *cobra.Command { return &cobra.Command{Use: "migrateCommand"} }
