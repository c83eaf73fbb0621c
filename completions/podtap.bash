# bash completion for podtap and stap

# Codes, signals, reasons and causes that `podtap explain` knows.
_podtap_codes="126 127 128 130 134 137 139 143 159 OOMKilled Error Completed ContainerCannotRun StartError
  RunContainerError CreateContainerError CreateContainerConfigError CrashLoopBackOff
  ImagePullBackOff ErrImagePull DeadlineExceeded Evicted NodeLost ContainerStatusUnknown Killing
  Unhealthy Terminating SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGKILL
  SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM SIGTERM SIGXCPU SIGXFSZ SIGSYS killed.host
  killed.container killed.inside killed.self killed.broadcast killed.cgroup runtime.stop
  runtime.stop.timeout runtime.kill kubernetes.liveness kubernetes.startup kubernetes.eviction
  kubernetes.preemption kubernetes.deletion kubernetes.shutdown oom.container oom.child
  oom.group oom.pod oom.node oom.userspace fault.segv fault.bus fault.ill fault.fpe fault.trap
  abort seccomp pdeathsig pidns.teardown rlimit.cpu rlimit.fsize sigpipe alarm hangup interrupt
  exit start.failed unknown"

_podtap_explain() {
  case $previous in
    -o | --output) COMPREPLY=($(compgen -W "text json" -- "$current")) ;;
    *)
      if [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "-o --output --help" -- "$current"))
      else
        COMPREPLY=($(compgen -W "$_podtap_codes" -- "$current"))
      fi
      ;;
  esac
}

# What every command that asks runtimes takes.
_podtap_runtime_options="--runtime-endpoint --host-root --timeout --help"
_podtap_testimony_options="--kubelet-log --kubelet-port --journal"

# _podtap_targets FORMATS OPTIONS: a command that takes targets. Offers those that need no
# runtime, and the names of containers that the runtimes tell.
_podtap_targets() {
  case $previous in
    -o | --output) COMPREPLY=($(compgen -W "$1" -- "$current")) ;;
    --runtime-endpoint | --timeout | --kubelet-port | -s) ;;
    --host-root | --journal | --evidence | --store) _podtap_files -d ;;
    --death | --since) ;;
    --kubelet-log | --case) _podtap_files -f ;;
    *)
      # bash splits pid:7942 at the colon.
      if [[ $current == : && $previous == pid ]]; then
        COMPREPLY=($(cd /proc && echo [0-9]*))
      elif [[ $previous == : && ${COMP_WORDS[COMP_CWORD - 2]} == pid ]]; then
        COMPREPLY=($(compgen -W "$(cd /proc && echo [0-9]*)" -- "$current"))
      elif [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "-o --output $2 $_podtap_runtime_options" -- "$current"))
      else
        COMPREPLY=($(compgen -W "$(podtap ps -o json 2>/dev/null |
          sed -n 's/^      "target": "\([A-Za-z0-9_.:/-]*\)",$/\1/p')
          docker:// podman:// containerd:// cri-o:// pid: cgroup: unit:" -- "$current"))
      fi
      ;;
  esac
}

_podtap_record() {
  case $previous in
    --log-format) COMPREPLY=($(compgen -W "text json" -- "$current")) ;;
    --store | --host-root | --journal) _podtap_files -d ;;
    --config | --kubelet-log) _podtap_files -f ;;
    --group) COMPREPLY=($(compgen -g -- "$current")) ;;
    --notify-command) COMPREPLY=($(compgen -c -- "$current")) ;;
    --keep-days | --keep-mib | --listen | --notify-url | --kubelet-port | --timeout | -s) ;;
    --ring-mib | --runtime-endpoint) ;;
    *)
      COMPREPLY=($(compgen -W "--store --group --keep-days --keep-mib --listen --notify-command
        --notify-url --log-format -s --ring-mib --keep-capabilities --config --check-config -v
        $_podtap_testimony_options $_podtap_runtime_options" -- "$current"))
      ;;
  esac
}

_podtap_events() {
  case $previous in
    -o | --output) COMPREPLY=($(compgen -W "table wide json" -- "$current")) ;;
    --kind) COMPREPLY=($(compgen -W "death kill blind" -- "$current")) ;;
    --cause) COMPREPLY=($(compgen -W "$_podtap_codes" -- "$current")) ;;
    --store) _podtap_files -d ;;
    -n | --namespace | --pod | --container | --since | --until | --most) ;;
    *)
      COMPREPLY=($(compgen -W "-n --namespace --pod --container --cause --kind --since --until
        --most -f --follow -o --output --store --help" -- "$current"))
      ;;
  esac
}

_podtap_report() {
  case $previous in
    -o | --output) COMPREPLY=($(compgen -W "html json" -- "$current")) ;;
    --store) _podtap_files -d ;;
    --since | --until | --most) ;;
    *) COMPREPLY=($(compgen -W "--since --until --most -o --output --store --help" -- "$current")) ;;
  esac
}

_podtap_top() {
  case $previous in
    -o | --output) COMPREPLY=($(compgen -W "screen json" -- "$current")) ;;
    --sort) COMPREPLY=($(compgen -W "death restarts memory name" -- "$current")) ;;
    --store | --host-root) _podtap_files -d ;;
    -d | --delay | --filter | --runtime-endpoint | --timeout) ;;
    *) _podtap_targets "screen json" "-d --delay --sort --filter --once --store" ;;
  esac
}

_podtap_doctor() {
  case $previous in
    -o | --output) COMPREPLY=($(compgen -W "text json" -- "$current")) ;;
    --host-root | --journal) _podtap_files -d ;;
    --kubelet-log) _podtap_files -f ;;
    --runtime-endpoint | --timeout | --kubelet-port) ;;
    *) COMPREPLY=($(compgen -W "-o --output $_podtap_testimony_options $_podtap_runtime_options" -- "$current")) ;;
  esac
}

_podtap() {
  local current=${COMP_WORDS[COMP_CWORD]}
  local previous=${COMP_WORDS[COMP_CWORD - 1]}
  local options="-e -c -x -T -o -l -L -G -D -s -g -p -v -w -V --json --dump= --version --help"
  COMPREPLY=()

  if [[ ${COMP_WORDS[0]##*/} == podtap && $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "watch why record events report top ps doctor explain run --version --help" -- "$current"))
    return
  fi
  if [[ ${COMP_WORDS[0]##*/} == podtap ]]; then
    case ${COMP_WORDS[1]} in
      explain) _podtap_explain; return ;;
      doctor) _podtap_doctor; return ;;
      ps) _podtap_targets "table wide json" "-a --all"; return ;;
      why)
        _podtap_targets "text json" "--case --evidence --death --since --store
          $_podtap_testimony_options"
        return
        ;;
      record) _podtap_record; return ;;
      events) _podtap_events; return ;;
      report) _podtap_report; return ;;
      top) _podtap_top; return ;;
      watch)
        _podtap_targets "text json" "--all --once --classic --facts --evidence -s -v
          $_podtap_testimony_options"
        return
        ;;
    esac
  fi
  # bash splits --dump=ir at the equals sign.
  if [[ $previous == --dump || ($previous == = && ${COMP_WORDS[COMP_CWORD - 2]} == --dump) ]]; then
    COMPREPLY=($(compgen -W "tokens tree checked ir bpf attach events" -- "${current#=}"))
    return
  fi
  case $previous in
    -x) COMPREPLY=($(compgen -W "$(cd /proc && echo [0-9]*)" -- "$current")) ;;
    -p) COMPREPLY=($(compgen -W "1 2 3 4 5" -- "$current")) ;;
    -c) COMPREPLY=($(compgen -c -- "$current")) ;;
    -o) _podtap_files -f ;;
    -D)
      compopt -o nospace
      COMPREPLY=($(compgen -S = -W "MAXACTION MAXACTION_INTERRUPTIBLE MAXSTRINGLEN MAXMAPENTRIES
        MAXNESTING MAXERRORS" -- "$current"))
      ;;
    -e | -l | -L | -G | -s | -T) ;;
    *)
      if [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$current"))
        [[ ${COMPREPLY[0]:-} == --dump= ]] && compopt -o nospace
      else
        _podtap_files -f -X '!*.stp'
        _podtap_files -d
      fi
      ;;
  esac
}

# Adds file names, to be quoted, and folders to get a slash. compgen's options as arguments.
_podtap_files() {
  local -a names
  mapfile -t names < <(compgen "$@" -- "$current")
  COMPREPLY+=("${names[@]}")
  compopt -o filenames
}

complete -F _podtap podtap stap
