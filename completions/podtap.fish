# fish completion for podtap and stap

complete -c podtap -n __fish_use_subcommand -f -a watch -d 'Say what happens to containers, and why they died'
complete -c podtap -n __fish_use_subcommand -f -a why -d 'Say why a container died'
complete -c podtap -n __fish_use_subcommand -f -a record -d 'Record what happens on this node, for podtap why'
complete -c podtap -n __fish_use_subcommand -f -a events -d 'List deaths, kills and blind windows that were recorded'
complete -c podtap -n __fish_use_subcommand -f -a report -d 'Write a page about the deaths that were recorded'
complete -c podtap -n __fish_use_subcommand -f -a top -d 'Show containers, restarts and the latest deaths, live'
complete -c podtap -n __fish_use_subcommand -f -a ps -d "List the node's pods and containers"
complete -c podtap -n __fish_use_subcommand -f -a doctor -d 'Say whether podtap can do its work here'
complete -c podtap -n __fish_use_subcommand -f -a explain -d 'Say what a code, a signal or a reason means'
complete -c podtap -n __fish_use_subcommand -f -a run -d 'Run a SystemTap script as eBPF'
complete -c podtap -n __fish_use_subcommand -l version -d 'Print the version'

function __podtap_targets
    command -q podtap; and podtap ps -o json 2>/dev/null | string match -rg '^      "target": "([A-Za-z0-9_.:/-]*)",$'
    printf '%s\n' docker:// podman:// containerd:// cri-o:// cgroup: unit: pid:
end

set -l ps '__fish_seen_subcommand_from ps'
complete -c podtap -n $ps -s o -l output -x -a 'table wide json' -d 'Form of the output'
complete -c podtap -n $ps -s a -l all -d 'Sandboxes and earlier attempts too'

set -l watch '__fish_seen_subcommand_from watch'
complete -c podtap -n $watch -l all -d 'Every container of the node'
complete -c podtap -n $watch -l once -d 'End with the first death'
complete -c podtap -n $watch -l classic -d "The runbook's three lines for each signal"
complete -c podtap -n $watch -l facts -d 'Print every fact'
complete -c podtap -n $watch -s s -x -d 'Ring buffer in MiB'
complete -c podtap -n $watch -s v -d 'Say what is done'

set -l why '__fish_seen_subcommand_from why'
complete -c podtap -n $why -l case -r -d 'Judge the evidence in a file'

complete -c podtap -n $why -l death -x -d 'Its Nth last death, or the last until then'
complete -c podtap -n $why -l since -x -d 'All its deaths since then'

set -l record '__fish_seen_subcommand_from record'
complete -c podtap -n $record -f
complete -c podtap -n $record -l group -x -a '(__fish_complete_groups)' -d 'Whose members may read the store'
complete -c podtap -n $record -l keep-days -x -d 'Forget what is older'
complete -c podtap -n $record -l keep-mib -x -d 'Forget the oldest beyond this size'
complete -c podtap -n $record -l listen -x -a off -d 'Where metrics are served'
complete -c podtap -n $record -l notify-command -x -a '(__fish_complete_command)' -d 'Run this at each death'
complete -c podtap -n $record -l notify-url -x -d 'POST the verdict there'
complete -c podtap -n $record -l log-format -x -a 'text json' -d 'Form of the log'
complete -c podtap -n $record -s s -l ring-mib -x -d 'Ring buffer in MiB'
complete -c podtap -n $record -l keep-capabilities -d 'Give up no privileges'
complete -c podtap -n $record -l config -r -d 'A file of settings'
complete -c podtap -n $record -l check-config -d 'Say whether the settings are right'
complete -c podtap -n $record -s v -d 'Say what is done'

set -l events '__fish_seen_subcommand_from events'
complete -c podtap -n $events -f
complete -c podtap -n $events -s n -l namespace -x -d 'Pods of this namespace'
complete -c podtap -n $events -l pod -x -d 'Of this pod'
complete -c podtap -n $events -l container -x -d 'Containers of this name'
complete -c podtap -n $events -l cause -x -d 'Of this cause'
complete -c podtap -n $events -l kind -x -a 'death kill blind' -d 'Of this kind alone'
complete -c podtap -n $events -l since -x -d 'Since then'
complete -c podtap -n $events -l until -x -d 'Until then'
complete -c podtap -n $events -l most -x -d 'The newest'
complete -c podtap -n $events -s f -l follow -d 'Go on with those to come'
complete -c podtap -n $events -s o -l output -x -a 'table wide json' -d 'Form of the output'

set -l report '__fish_seen_subcommand_from report'
complete -c podtap -n $report -f
complete -c podtap -n $report -l since -x -d 'Since then'
complete -c podtap -n $report -l until -x -d 'Until then'
complete -c podtap -n $report -l most -x -d 'The newest deaths'
complete -c podtap -n $report -s o -l output -x -a 'html json' -d 'Form of the output'

set -l top '__fish_seen_subcommand_from top'
complete -c podtap -n $top -f
complete -c podtap -n $top -s d -l delay -x -d 'Seconds from one look to the next'
complete -c podtap -n $top -l sort -x -a 'death restarts memory name' -d 'What comes first'
complete -c podtap -n $top -l filter -x -d 'Containers whose name holds a text'
complete -c podtap -n $top -l once -d 'Look once, print, end'
complete -c podtap -n $top -s o -l output -x -a 'screen json' -d 'Form of the output'
complete -c podtap -n '__fish_seen_subcommand_from why record events report top' -l store -x -a '(__fish_complete_directories)' -d "The recorder's folder"

complete -c podtap -n '__fish_seen_subcommand_from watch why' -l evidence -x -a '(__fish_complete_directories)' -d "Keep each death's evidence in a file there"
set -l deaths '__fish_seen_subcommand_from watch why doctor'
set -l testimony '__fish_seen_subcommand_from watch why doctor record'
complete -c podtap -n $testimony -l kubelet-log -r -d "The kubelet's log"
complete -c podtap -n $testimony -l kubelet-port -x -d "The kubelet's read-only port"
complete -c podtap -n $testimony -l journal -x -a '(__fish_complete_directories)' -d "The folder of systemd's journal"

complete -c podtap -n '__fish_seen_subcommand_from doctor' -f
complete -c podtap -n $deaths -s o -l output -x -a 'text json' -d 'Form of the output'

set -l runtimes '__fish_seen_subcommand_from ps top watch why doctor record'
complete -c podtap -n $runtimes -l runtime-endpoint -x -d 'Ask this socket: unix:///PATH'
complete -c podtap -n $runtimes -l host-root -x -a '(__fish_complete_directories)' -d "Where the host's root is mounted"
complete -c podtap -n $runtimes -l timeout -x -d 'How long a runtime may take, in seconds'
complete -c podtap -n '__fish_seen_subcommand_from ps top watch why' -f -a '(__podtap_targets)'

set -l explain '__fish_seen_subcommand_from explain'
complete -c podtap -n $explain -s o -l output -x -a 'text json' -d 'Form of the output'
complete -c podtap -n $explain -f -a '126 127 128 130 134 137 139 143 159 OOMKilled Error Completed ContainerCannotRun StartError
    RunContainerError CreateContainerError CreateContainerConfigError CrashLoopBackOff
    ImagePullBackOff ErrImagePull DeadlineExceeded Evicted NodeLost ContainerStatusUnknown
    Killing Unhealthy Terminating SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE
    SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM SIGTERM SIGXCPU SIGXFSZ SIGSYS killed.host
    killed.container killed.inside killed.self killed.broadcast killed.cgroup runtime.stop
    runtime.stop.timeout runtime.kill kubernetes.liveness kubernetes.startup kubernetes.eviction
    kubernetes.preemption kubernetes.deletion kubernetes.shutdown oom.container oom.child
    oom.group oom.pod oom.node oom.userspace fault.segv fault.bus fault.ill fault.fpe fault.trap
    abort seccomp pdeathsig pidns.teardown rlimit.cpu rlimit.fsize sigpipe alarm hangup
    interrupt exit start.failed unknown'

for command in podtap stap
    set -l when true
    test $command = podtap; and set when '__fish_seen_subcommand_from run'
    complete -c $command -n $when -s e -x -d 'Run this script'
    complete -c $command -n $when -s c -x -a '(__fish_complete_command)' -d 'Start a command under the probes'
    complete -c $command -n $when -s x -x -a '(__fish_complete_pids)' -d 'target() is this pid'
    complete -c $command -n $when -s T -x -d 'End after seconds'
    complete -c $command -n $when -s o -r -d 'Write the output to a file'
    complete -c $command -n $when -s l -x -d 'List probe points'
    complete -c $command -n $when -s L -x -d 'List probe points with their variables'
    complete -c $command -n $when -s G -x -d 'Set a global: NAME=VALUE'
    complete -c $command -n $when -s D -x -a 'MAXACTION= MAXACTION_INTERRUPTIBLE= MAXSTRINGLEN= MAXMAPENTRIES= MAXNESTING= MAXERRORS=' -d 'Set a limit'
    complete -c $command -n $when -s s -x -d 'Ring buffer in MiB'
    complete -c $command -n $when -s g -d 'Guru mode'
    complete -c $command -n $when -s p -x -a '1 2 3 4 5' -d 'Stop after a pass'
    complete -c $command -n $when -s v -d 'Say what each pass did'
    complete -c $command -n $when -s w -d 'No warnings'
    complete -c $command -n $when -s V -l version -d 'Print the version'
    complete -c $command -n $when -l json -d 'One JSON object a line'
    complete -c $command -n $when -l dump -x -a 'tokens tree checked ir bpf attach events' -d 'Print what passes a stage'
end
