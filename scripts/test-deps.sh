#!/bin/sh
# System packages that the tests need: installs what is missing where it may (root and apt), else says what to install and what the tests
# leave out. In CI (CI=true) a missing part is an error.
set -eu
say() { printf '%s\n' "test set-up: $*" >&2; }
# command:debian package:what is left out without it
parts='mosquitto:mosquitto:tests against a real MQTT broker and the conformance vectors
mosquitto_pub:mosquitto-clients:tests that publish with the command line client
socat:socat:serial tests on pty pairs
systemd-analyze:systemd:security score and check of the service unit
openssl:openssl:TLS tests
python3:python3:Modbus tests against pymodbus
cc:gcc:Modbus tests against libmodbus
chromium:chromium:the tests of the Node-RED editor and of the console
influxd:influxdb:the tests of the action influx
victoria-metrics:victoria-metrics:the tests of the action influx2
promtool:prometheus:the check of metrics, dashboard and alerts by Prometheus
redis-server:redis-server:the tests of redis, redisPub and redisSub
mariadbd:mariadb-server:the tests of sql with MariaDB
psql:postgresql:the tests of sql with PostgreSQL
nats-server:nats-server:the tests of nats
rabbitmq-server:rabbitmq-server:the tests of amqp
grub-emu:grub-emu:the choice of the slot in GRUB itself
mkfs.vfat:dosfstools:the choice of the slot in GRUB itself
mcopy:mtools:the choice of the slot in GRUB itself
sfdisk:fdisk:ids of a card
tune2fs:e2fsprogs:ids of a card
rauc:rauc:bundles before a real RAUC
tmux:tmux:the live views of the command line in a terminal
jq:jq:the check of what the command line gives a pipe
zsh:zsh:completion in zsh
fish:fish:completion in fish
mksquashfs:squashfs-tools:bundles before a real RAUC
java:openjdk-17-jre-headless:the tests of kafka
mvn:maven:the tests of kafka
nvim:neovim:the language server in Neovim'
missing=
for line in $(printf '%s\n' "$parts" | tr ' ' '~'); do
  cmd=${line%%:*}
  rest=${line#*:}
  pkg=${rest%%:*}
  PATH="$PATH:/usr/sbin:/sbin" command -v "$cmd" >/dev/null 2>&1 || missing="$missing $pkg"
done
# a library has no command: its header tells
[ -e /usr/include/modbus/modbus.h ] || missing="$missing libmodbus-dev"
# Debian's gcc without recommendations has no C library to compile against
case "$missing" in *gcc*) missing="$missing libc6-dev" ;; esac
# left NAME WHAT HOW LEFT_OUT: says what the tests leave out; in CI that is an error
left() {
  rm -rf ".cache/$1"
  say "$2 could not be installed into .cache/$1 ($3, network?): $4 left out"
  [ "${CI:-}" != true ]
}
# has FOLDER FILE…: all of them are there
has() {
  folder=.cache/$1
  shift
  for file in "$@"; do [ -f "$folder/$file" ] || return 1; done
}
# python NAME MODULES LEFT_OUT PACKAGE…: pinned packages of PyPI in a folder of their own
python() {
  name=$1 modules=$2 out=$3
  shift 3
  has "$name" bin/python && ".cache/$name/bin/python" -c "import $modules" 2>/dev/null && return 0
  command -v python3 >/dev/null 2>&1 || return 0
  rm -rf ".cache/$name"
  # Debian keeps venv's pip apart
  if ! python3 -c 'import ensurepip' 2>/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null 2>&1 || say "could not install: python3-venv"
  fi
  python3 -m venv ".cache/$name" >/dev/null 2>&1 && ".cache/$name/bin/pip" install -q --disable-pip-version-check "$@" >/dev/null 2>&1 && return 0
  left "$name" "$*" python3-venv "$out"
}
# jars NAME FILES LEFT_OUT GROUP:ARTIFACT:VERSION…: pinned jars of Maven with what they need, in a folder of their own
jars() {
  name=$1 files=$2 out=$3
  shift 3
  # shellcheck disable=SC2086
  has "$name/lib" $files && return 0
  command -v mvn >/dev/null 2>&1 || return 0
  rm -rf ".cache/$name" && mkdir -p ".cache/$name"
  {
    printf '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>t</groupId><artifactId>t</artifactId><version>1</version><dependencies>'
    for jar in "$@"; do
      rest=${jar#*:}
      printf '<dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version></dependency>' "${jar%%:*}" "${rest%%:*}" "${rest#*:}"
    done
    printf '</dependencies></project>'
  } >".cache/$name/pom.xml"
  mvn -q -B -f ".cache/$name/pom.xml" dependency:copy-dependencies "-DoutputDirectory=$PWD/.cache/$name/lib" -DincludeScope=runtime >/dev/null 2>&1 && return 0
  left "$name" "$*" maven "$out"
}
# Node-RED, pinned, in a folder of its own: the palette's tests start it
nodered() {
  [ -f .cache/node-red/node_modules/node-red/red.js ] && return 0
  mkdir -p .cache/node-red
  printf '{"private":true}' >.cache/node-red/package.json
  (cd .cache/node-red && npm install --no-audit --no-fund --ignore-scripts --loglevel=error node-red@5.0.7 playwright-core@1.65.1 >/dev/null 2>&1) && return 0
  left node-red Node-RED npm 'tests of the palette are'
}
extras() {
  # the server and encoder that the Modbus tests compare with
  python pymodbus 'pymodbus, serial' 'tests against it are' 'pymodbus[serial]==3.11.3' &&
    # the counterpart of solar loggers
    python solarman 'pysolarmanv5, umodbus' 'tests of solar loggers are' pysolarmanv5==3.0.6 uModbus==1.0.4 pyserial==3.5 &&
    # validator, client generator and property tests for the description of REST
    python openapi 'schemathesis, openapi_spec_validator, openapi_python_client' 'tests of the description of REST are' openapi-spec-validator==0.9.0 schemathesis==4.32.5 openapi-python-client==0.29.1 &&
    nodered &&
    jars kafka kafka_2.13-4.1.0.jar 'the tests of kafka are' org.apache.kafka:kafka_2.13:4.1.0 &&
    # S3 for tests
    python moto moto.server 'the tests of S3 are' 'moto[s3,server]==5.2.5' &&
    # a BACnet device for the plugin's test
    python bacnet bacpypes3 'the test of the BACnet plugin is' bacpypes3==0.0.110 &&
    # eKuiper's SDK of portable plugins: the tests run plugins that are written with it
    python ekuiper-sdk 'ekuiper, pynng' 'tests of portable plugins are' ekuiper==2.4.2 pynng==0.8.1 &&
    # counterparts of zmq (libzmq) and neuron (NNG)
    python peers 'zmq, pynng' 'the tests of zmq and neuron are' pyzmq==27.1.0 pynng==0.8.1 &&
    # Flink's parser, and a compiler for the class that calls it
    jars flink 'flink-sql-parser-2.0.0.jar calcite-linq4j-1.34.0.jar' "the tests of Flink's parser are" org.apache.flink:flink-sql-parser:2.0.0 org.apache.flink:flink-core:2.0.0 org.apache.calcite:calcite-linq4j:1.34.0 org.eclipse.jdt:ecj:3.38.0
}
[ -z "$missing" ] && { extras; exit $?; }
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  say "installing$missing"
  export DEBIAN_FRONTEND=noninteractive
  # a broker of the package must not be started: tests start their own
  policy=/usr/sbin/policy-rc.d
  made=
  if [ ! -e $policy ]; then printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy && made=1; fi
  # shellcheck disable=SC2086
  (apt-get update -qq || say "package lists could not be renewed"; apt-get install -y -qq --no-install-recommends $missing) >/dev/null 2>&1 || {
    [ -n "$made" ] && rm -f $policy
    say "could not install:$missing"
    [ "${CI:-}" = true ] && exit 1
  }
  [ -n "$made" ] && rm -f $policy
  extras
  exit $?
fi
say "missing Debian packages:$missing"
say "install them with:  sudo apt-get install$missing"
for line in $(printf '%s\n' "$parts" | tr ' ' '~'); do
  cmd=${line%%:*}
  rest=${line#*:}
  PATH="$PATH:/usr/sbin:/sbin" command -v "$cmd" >/dev/null 2>&1 || say "left out without ${rest%%:*}: $(printf '%s' "${rest#*:}" | tr '~' ' ')"
done
[ -e /usr/include/modbus/modbus.h ] || say "left out without libmodbus-dev: Modbus tests against libmodbus"
[ "${CI:-}" = true ] && exit 1
extras
exit $?
