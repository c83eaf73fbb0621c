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

# What every command that asks runtimes takes.
local -a _podtap_runtime_options=(
  '*--runtime-endpoint[ask this socket]:unix\:///PATH:'
  "--host-root[where the host's root is mounted]:folder:_files -/"
  '--timeout[how long a runtime may take]:seconds:'
  '--help[show help]'
)
local -a _podtap_evidence_option=(
  "--evidence[keep each death's evidence in a file there]:folder:_files -/"
)
local -a _podtap_testimony_options=(
  '(-o --output)'{-o,--output}'[form of the output]:format:(text json)'
  "--kubelet-log[the kubelet's log]:file:_files"
  "--kubelet-port[the kubelet's read-only port]:port:"
  "--journal[the folder of systemd's journal]:folder:_files -/"
)

_podtap_ps() {
  _arguments \
    '(-o --output)'{-o,--output}'[form of the output]:format:(table wide json)' \
    '(-a --all)'{-a,--all}'[sandboxes and earlier attempts too]' \
    $_podtap_runtime_options \
    '*:target:_podtap_targets'
}

_podtap_watch() {
  _arguments \
    '--all[every container of the node]' \
    '--once[end with the first death]' \
    "--classic[the runbook's three lines for each signal]" \
    '--facts[print every fact]' \
    '-s[ring buffer in MiB]:MiB:' \
    '*-v[say what is done]' \
    $_podtap_evidence_option $_podtap_testimony_options $_podtap_runtime_options \
    '*:target:_podtap_targets'
}

_podtap_why() {
  _arguments \
    '*--case[judge the evidence in a file]:file:_files' \
    '--death[its Nth last death, or the last until then]:number or time:' \
    '--since[all its deaths since then]:time:' \
    "--store[the recorder's folder]:folder:_files -/" \
    $_podtap_evidence_option $_podtap_testimony_options $_podtap_runtime_options \
    '*:target:_podtap_targets'
}

_podtap_record() {
  # Without -o, which is the first of them.
  _arguments \
    '--store[the folder to record into]:folder:_files -/' \
    '--group[whose members may read the store]:group:_groups' \
    '--keep-days[forget what is older]:days:' \
    '--keep-mib[forget the oldest beyond this size]:MiB:' \
    '--listen[where metrics are served, or off]:address:' \
    '(--notify-url)--notify-command[run this at each death]:command:_command_names -e' \
    '(--notify-command)--notify-url[POST the verdict there]:URL:' \
    '--log-format[form of the log]:format:(text json)' \
    '(-s --ring-mib)'{-s,--ring-mib}'[ring buffer in MiB]:MiB:' \
    "--keep-capabilities[give up no privileges]" \
    '--config[a file of settings]:file:_files' \
    '--check-config[say whether the settings are right]' \
    '*-v[say what is done]' \
    ${_podtap_testimony_options[3,-1]} $_podtap_runtime_options
}

_podtap_events() {
  _arguments \
    '(-o --output)'{-o,--output}'[form of the output]:format:(table wide json)' \
    '(-n --namespace)'{-n,--namespace}'[pods of this namespace]:namespace:' \
    '--pod[of this pod]:pod:' \
    '--container[containers of this name]:container:' \
    '--cause[of this cause]:cause:' \
    '--kind[of this kind alone]:kind:(death kill blind)' \
    '--since[since then]:time:' \
    '--until[until then]:time:' \
    '--most[the newest]:number:' \
    '(-f --follow)'{-f,--follow}'[go on with those to come]' \
    "--store[the recorder's folder]:folder:_files -/" \
    '--help[show help]'
}

_podtap_report() {
  _arguments \
    '(-o --output)'{-o,--output}'[form of the output]:format:(html json)' \
    '--since[since then]:time:' \
    '--until[until then]:time:' \
    '--most[the newest deaths]:number:' \
    "--store[the recorder's folder]:folder:_files -/" \
    '--help[show help]'
}

_podtap_top() {
  _arguments \
    '(-o --output)'{-o,--output}'[form of the output]:format:(screen json)' \
    '(-d --delay)'{-d,--delay}'[seconds from one look to the next]:seconds:' \
    '--sort[what comes first]:order:(death restarts memory name)' \
    '--filter[containers whose name holds a text]:text:' \
    '--once[look once, print, end]' \
    "--store[the recorder's folder]:folder:_files -/" \
    $_podtap_runtime_options \
    '*:target:_podtap_targets'
}

_podtap_doctor() {
  _arguments $_podtap_testimony_options $_podtap_runtime_options
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
      local -a commands=('watch:say what happens to containers, and why they died'
        'why:say why a container died'
        'record:record what happens on this node, for podtap why'
        'events:list deaths, kills and blind windows that were recorded'
        'report:write a page about the deaths that were recorded'
        'top:show containers, restarts and the latest deaths, live'
        "ps:list the node's pods and containers"
        'doctor:say whether podtap can do its work here'
        'explain:say what a code, a signal or a reason means'
        'run:run a SystemTap script as eBPF')
      _describe command commands
      _arguments '--version[print the version]' '--help[show help]'
      return
    fi
    shift words
    (( CURRENT-- ))
    if [[ $words[1] != run ]] && (( $+functions[_podtap_$words[1]] )); then
      _podtap_$words[1]
      return
    fi
  fi
  _podtap_run
}

_podtap "$@"
