# Completion of govgo in bash. SPDX-License-Identifier: BSD-3-Clause
#
#   source <(govgo completion bash)          in ~/.bashrc
#
# What may be completed says `govgo __complete`, which reads go.mod and the module cache and asks no network.

_govgo() {
    local cur="${COMP_WORDS[COMP_CWORD]}" line directives="" first=1 rest
    COMPREPLY=()
    # Behind "=", ":" and "@" bash begins a new word, so govgo is given the line, and answers with the end of the word.
    while IFS= read -r line; do
        if [ "$first" = 1 ]; then
            first=0
            directives="$line"
        else
            COMPREPLY+=("${line%%$'\t'*}")
        fi
    done < <("${1/#\~/$HOME}" __complete bash -- "${COMP_LINE:0:COMP_POINT}" "$cur" 2>/dev/null)
    case " $directives " in
    *" open "*) compopt -o nospace 2>/dev/null ;;
    esac
    rest="$cur"
    case "$cur" in
    "=" | ":" | "@") rest="" ;;
    esac
    case " $directives " in
    *" files "*)
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$rest")
        ;;
    *" directories "*)
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$rest")
        ;;
    esac
}

complete -F _govgo govgo
