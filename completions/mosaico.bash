# Completion of the mosaico command. Made by `mosaico completion SHELL`: do not edit.
_mosaico() {
  local current=${COMP_WORDS[COMP_CWORD]} command= words i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --host|--port|--store|--api-key|--tls-cert) i=$((i + 1)) ;;
      -*) ;;
      *) command=${COMP_WORDS[i]}; break ;;
    esac
  done
  case $command in
    '') words="ls info cat query import export push finalize rm verify reindex serve completion help -h --help --version --host --port --store --api-key --tls --tls-cert --json" ;;
    ls) words="-h --help --host --port --store --api-key --tls --tls-cert --json" ;;
    info) words="-h --help --host --port --store --api-key --tls --tls-cert --json" ;;
    cat) words="-h --help --topics --start --end --limit --follow --host --port --store --api-key --tls --tls-cert --json" ;;
    query) words="-h --help --sequence --topic --where --windows --gap --host --port --store --api-key --tls --tls-cert --json" ;;
    import) words="-h --help --topic --metadata --on-error --host --port --store --api-key --tls --tls-cert --json" ;;
    export) words="-h --help -o --output --format --topics --start --end --host --port --store --api-key --tls --tls-cert --json" ;;
    push) words="-h --help --to --as --to-api-key --to-tls --to-tls-cert --host --port --store --api-key --tls --tls-cert --json" ;;
    finalize) words="-h --help --host --port --store --api-key --tls --tls-cert --json" ;;
    rm) words="-h --help -f --force --host --port --store --api-key --tls --tls-cert --json" ;;
    verify) words="-h --help --host --port --store --api-key --tls --tls-cert --json" ;;
    reindex) words="-h --help -f --force --host --port --store --api-key --tls --tls-cert --json" ;;
    serve) words="--host --port --store --api-key --tls --tls-cert --json" ;;
    completion) words="-h --help --host --port --store --api-key --tls --tls-cert --json" ;;
    help) words="-h --help --man --list --host --port --store --api-key --tls --tls-cert --json" ;;
  esac
  COMPREPLY=()
  # Without a match the shell's own completion takes over: file names.
  if [[ -z $command || $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  fi
}
complete -o default -F _mosaico mosaico
