#compdef govgo
# Completion of govgo in zsh. SPDX-License-Identifier: BSD-3-Clause
#
#   source <(govgo completion zsh)           in ~/.zshrc, below compinit
#
# or as the file _govgo in a directory of $fpath. What may be completed says `govgo __complete`, which reads go.mod and
# the module cache and asks no network.

_govgo() {
    local -a lines found shown
    local directives line word text
    lines=("${(@f)$("${words[1]/#\~/$HOME}" __complete zsh -- "${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}")
    directives=" ${lines[1]} "
    shift lines
    for line in "${lines[@]}"; do
        [[ -n $line ]] || continue
        word="${line%%$'\t'*}"
        text="${line#$word}"
        found+=("$word")
        shown+=("$word${text:+  -- ${text#$'\t'}}")
    done
    if (( $#found )); then
        if [[ $directives == *" open "* ]]; then
            compadd -Q -l -S '' -d shown -a found
        else
            compadd -Q -l -d shown -a found
        fi
    fi
    if [[ $directives == *" files "* || $directives == *" directories "* ]]; then
        # What stands before the name of the file in the same word stays: "-o=sarif:".
        [[ $directives == *" kept="* ]] && compset -p ${${directives##* kept=}%% *}
        if [[ $directives == *" files "* ]]; then
            _files
        else
            _files -/
        fi
    fi
}

if [[ ${funcstack[1]} == _govgo ]]; then
    _govgo "$@"
else
    compdef _govgo govgo
fi
