# bash completion for podtap and stap

_podtap() {
  local current=${COMP_WORDS[COMP_CWORD]}
  local previous=${COMP_WORDS[COMP_CWORD - 1]}
  local options="-e -c -x -T -o -l -L -G -D -s -g -p -v -w -V --json --dump= --version --help"
  COMPREPLY=()

  if [[ ${COMP_WORDS[0]##*/} == podtap && $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "run --version --help" -- "$current"))
    return
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
