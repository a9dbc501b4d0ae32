# Completion of govgo in fish. SPDX-License-Identifier: BSD-3-Clause
#
#   govgo completion fish >~/.config/fish/completions/govgo.fish
#
# What may be completed says `govgo __complete`, which reads go.mod and the module cache and asks no network.

function __govgo_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($words[1] __complete fish -- $words[2..-1] "$current" 2>/dev/null)
    set -l directives (string split ' ' -- $lines[1])
    for line in $lines[2..-1]
        echo $line
    end
    # What stands before the name of a file in the same word stays: "-o=sarif:".
    set -l kept 0
    for each in $directives
        if string match -q 'kept=*' -- $each
            set kept (string replace 'kept=' '' -- $each)
        end
    end
    set -l lead (string sub -l $kept -- "$current")
    set -l rest (string sub -s (math $kept + 1) -- "$current")
    if contains files $directives
        for file in (__fish_complete_path "$rest")
            echo "$lead$file"
        end
    else if contains directories $directives
        for file in (__fish_complete_directories "$rest")
            echo "$lead$file"
        end
    end
end

complete -c govgo -f -a '(__govgo_complete)'
