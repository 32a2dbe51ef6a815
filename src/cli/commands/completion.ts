/** `manyhands completion`: prints the script that completes words in a shell. @module */
import { Argument, Command } from 'commander';
import { examples } from '../console/help.js';

const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
const NAME = 'manyhands';

export function completionCommand(): Command {
  return new Command('completion')
    .description('Print a script for a shell that completes commands and options.')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText(
      'after',
      examples(
        ['source <(manyhands completion bash)', 'in ~/.bashrc; the same for zsh in ~/.zshrc'],
        ['manyhands completion fish | source', 'in ~/.config/fish/config.fish'],
      ),
    )
    .action(printScript);
}

/** What the script for bash takes from the package bash-completion, where that is not installed. */
const BASH_WORDS = `if ! declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref() {
        words=("\${COMP_WORDS[@]}"); cword=$COMP_CWORD
        cur=\${COMP_WORDS[COMP_CWORD]}; prev=\${COMP_WORDS[COMP_CWORD-1]}
    }
fi`;

async function printScript(shell: string): Promise<void> {
  const { default: tab } = await import('@bomb.sh/tab');
  if (shell === 'bash') console.log(BASH_WORDS);
  tab.setup(NAME, NAME, shell);
}

/** Adds the hidden command that the script calls, `complete -- <words>`, which prints what may follow. */
export async function addCompletion(program: Command): Promise<void> {
  const { default: tab } = await import('@bomb.sh/tab/commander');
  // The hidden command is no suggestion.
  tab(program).commands.delete('complete');
}
