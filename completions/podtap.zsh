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

# Codes, signals, reasons and causes that `podtap explain` knows.
_podtap_explain() {
  local -a codes=(
    126 127 128 130 134 137 139 143 159 OOMKilled Error Completed ContainerCannotRun StartError
    RunContainerError CreateContainerError CreateContainerConfigError CrashLoopBackOff
    ImagePullBackOff ErrImagePull DeadlineExceeded Evicted NodeLost ContainerStatusUnknown
    Killing Unhealthy Terminating SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE
    SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM SIGTERM SIGXCPU SIGXFSZ SIGSYS killed.host
    killed.container killed.inside killed.self killed.broadcast killed.cgroup runtime.stop
    runtime.stop.timeout runtime.kill kubernetes.liveness kubernetes.startup kubernetes.eviction
    kubernetes.preemption kubernetes.deletion kubernetes.shutdown oom.container oom.child
    oom.group oom.pod oom.node oom.userspace fault.segv fault.bus fault.ill fault.fpe fault.trap
    abort seccomp pdeathsig pidns.teardown rlimit.cpu rlimit.fsize sigpipe alarm hangup
    interrupt exit start.failed unknown
  )
  _arguments \
    '(-o --output)'{-o,--output}'[form of the output]:format:(text json)' \
    '--help[show help]' \
    '*:code:($codes)'
}

_podtap_ps() {
  _arguments \
    '(-o --output)'{-o,--output}'[form of the output]:format:(table wide json)' \
    '(-a --all)'{-a,--all}'[sandboxes and earlier attempts too]' \
    '*--runtime-endpoint[ask this socket]:unix\:///PATH:' \
    "--host-root[where the host's root is mounted]:folder:_files -/" \
    '--timeout[how long a runtime may take]:seconds:' \
    '--help[show help]' \
    '*:target:_podtap_targets'
}

_podtap_targets() {
  local -a targets=(${(f)"$(podtap ps -o json 2>/dev/null |
    sed -n 's/^      "target": "\([A-Za-z0-9_.:/-]*\)",$/\1/p')"})
  compadd -S '' -- docker:// podman:// containerd:// cri-o:// pid: cgroup: unit:
  compadd -a targets
}

_podtap() {
  if [[ $service == podtap ]]; then
    if (( CURRENT == 2 )); then
      local -a commands=('run:run a SystemTap script as eBPF'
        "ps:list the node's pods and containers"
        'explain:say what a code, a signal or a reason means')
      _describe command commands
      _arguments '--version[print the version]' '--help[show help]'
      return
    fi
    shift words
    (( CURRENT-- ))
    if [[ $words[1] == explain ]]; then
      _podtap_explain
      return
    fi
    if [[ $words[1] == ps ]]; then
      _podtap_ps
      return
    fi
  fi
  _podtap_run
}

_podtap "$@"
