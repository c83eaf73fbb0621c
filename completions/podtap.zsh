#compdef podtap stap

_podtap_run() {
  _arguments -s \
    '-e[run this script]:script:' \
    '-c[start a command under the probes]:command:_command_names -e' \
    '-x[target() is this pid]:pid:_pids' \
    '-T[end after seconds]:seconds:' \
    '-o[write the output to a file]:file:_files' \
    '(-L)-l[list probe points]:pattern:' \
    '(-l)-L[list probe points with their variables]:pattern:' \
    '*-G[set a global]:name=value:' \
    '*-D[set a limit]:limit:(MAXACTION= MAXACTION_INTERRUPTIBLE= MAXSTRINGLEN= MAXMAPENTRIES= MAXNESTING= MAXERRORS=)' \
    '-s[ring buffer in MiB]:MiB:' \
    '-g[guru mode]' \
    '-p[stop after a pass]:pass:(1 2 3 4 5)' \
    '*-v[say what each pass did]' \
    '-w[no warnings]' \
    '(-V --version)'{-V,--version}'[print the version]' \
    '--json[one JSON object a line]' \
    '--dump=[print what passes a stage]:stage:(tokens tree checked ir bpf attach events)' \
    '--help[show help]' \
    '*:script:_files -g "*.stp"'
}

_podtap() {
  if [[ $service == podtap ]]; then
    if (( CURRENT == 2 )); then
      local -a commands=('run:run a SystemTap script as eBPF')
      _describe command commands
      _arguments '--version[print the version]' '--help[show help]'
      return
    fi
    shift words
    (( CURRENT-- ))
  fi
  _podtap_run
}

_podtap "$@"
