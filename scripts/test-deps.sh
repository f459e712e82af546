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
rauc:rauc:bundles before a real RAUC
mksquashfs:squashfs-tools:bundles before a real RAUC
java:openjdk-17-jre-headless:the tests of kafka
mvn:maven:the tests of kafka'
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
# pymodbus, pinned, in a folder of its own: the server and encoder that the Modbus tests compare with
pymodbus() {
  [ -x .cache/pymodbus/bin/python ] && .cache/pymodbus/bin/python -c 'import pymodbus, serial' 2>/dev/null && return 0
  command -v python3 >/dev/null 2>&1 || return 0
  rm -rf .cache/pymodbus
  # Debian keeps venv's pip apart
  if ! python3 -c 'import ensurepip' 2>/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null 2>&1 || say "could not install: python3-venv"
  fi
  if python3 -m venv .cache/pymodbus >/dev/null 2>&1 && .cache/pymodbus/bin/pip install -q --disable-pip-version-check 'pymodbus[serial]==3.11.3' >/dev/null 2>&1; then
    return 0
  fi
  rm -rf .cache/pymodbus
  say "pymodbus could not be installed into .cache/pymodbus (python3-venv, network?): tests against it are left out"
  [ "${CI:-}" != true ]
}
# validator, client generator and property tests for the description of REST, pinned, in a folder of their own
openapi() {
  [ -x .cache/openapi/bin/schemathesis ] && return 0
  command -v python3 >/dev/null 2>&1 || return 0
  rm -rf .cache/openapi
  if python3 -m venv .cache/openapi >/dev/null 2>&1 && .cache/openapi/bin/pip install -q --disable-pip-version-check openapi-spec-validator==0.9.0 schemathesis==4.32.5 openapi-python-client==0.29.1 >/dev/null 2>&1; then
    return 0
  fi
  rm -rf .cache/openapi
  say "openapi-spec-validator, schemathesis and openapi-python-client could not be installed into .cache/openapi: tests of the description of REST are left out"
  [ "${CI:-}" != true ]
}
# Node-RED, pinned, in a folder of its own: the palette's tests start it
nodered() {
  [ -f .cache/node-red/node_modules/node-red/red.js ] && return 0
  mkdir -p .cache/node-red
  printf '{"private":true}' >.cache/node-red/package.json
  (cd .cache/node-red && npm install --no-audit --no-fund --ignore-scripts --loglevel=error node-red@5.0.7 playwright-core@1.65.1 >/dev/null 2>&1) && return 0
  rm -rf .cache/node-red
  say "Node-RED could not be installed into .cache/node-red (network?): tests of the palette are left out"
  [ "${CI:-}" != true ]
}
# Kafka, pinned, from Maven: its jars in a folder of their own
kafka() {
  [ -f .cache/kafka/lib/kafka_2.13-4.1.0.jar ] && return 0
  command -v mvn >/dev/null 2>&1 || return 0
  rm -rf .cache/kafka && mkdir -p .cache/kafka
  printf '%s' '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>t</groupId><artifactId>t</artifactId><version>1</version><dependencies><dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.1.0</version></dependency></dependencies></project>' >.cache/kafka/pom.xml
  mvn -q -B -f .cache/kafka/pom.xml dependency:copy-dependencies "-DoutputDirectory=$PWD/.cache/kafka/lib" -DincludeScope=runtime >/dev/null 2>&1 && return 0
  rm -rf .cache/kafka
  say "Kafka could not be installed into .cache/kafka (maven, network?): the tests of kafka are left out"
  [ "${CI:-}" != true ]
}
# S3 for tests, pinned, in a folder of its own
moto() {
  [ -x .cache/moto/bin/moto_server ] && return 0
  command -v python3 >/dev/null 2>&1 || return 0
  rm -rf .cache/moto
  if python3 -m venv .cache/moto >/dev/null 2>&1 && .cache/moto/bin/pip install -q --disable-pip-version-check 'moto[s3,server]==5.2.5' >/dev/null 2>&1; then
    return 0
  fi
  rm -rf .cache/moto
  say "moto could not be installed into .cache/moto (python3-venv, network?): the tests of S3 are left out"
  [ "${CI:-}" != true ]
}
# eKuiper's SDK of portable plugins, pinned, in a folder of its own: the tests run plugins that are written with it
ekuiper_sdk() {
  [ -x .cache/ekuiper-sdk/bin/python ] && .cache/ekuiper-sdk/bin/python -c 'import ekuiper, pynng' 2>/dev/null && return 0
  command -v python3 >/dev/null 2>&1 || return 0
  rm -rf .cache/ekuiper-sdk
  if python3 -m venv .cache/ekuiper-sdk >/dev/null 2>&1 && .cache/ekuiper-sdk/bin/pip install -q --disable-pip-version-check ekuiper==2.4.2 pynng==0.8.1 >/dev/null 2>&1; then
    return 0
  fi
  rm -rf .cache/ekuiper-sdk
  say "eKuiper's SDK could not be installed into .cache/ekuiper-sdk (python3-venv, network?): tests of portable plugins are left out"
  [ "${CI:-}" != true ]
}
# Flink's parser, pinned, from Maven, and a compiler for the class that calls it
flink() {
  [ -f .cache/flink/lib/flink-sql-parser-2.0.0.jar ] && [ -f .cache/flink/lib/calcite-linq4j-1.34.0.jar ] && return 0
  command -v mvn >/dev/null 2>&1 || return 0
  rm -rf .cache/flink && mkdir -p .cache/flink
  dep() { printf '<dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version></dependency>' "$1" "$2" "$3"; }
  printf '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>t</groupId><artifactId>t</artifactId><version>1</version><dependencies>%s%s%s%s</dependencies></project>' "$(dep org.apache.flink flink-sql-parser 2.0.0)" "$(dep org.apache.flink flink-core 2.0.0)" "$(dep org.apache.calcite calcite-linq4j 1.34.0)" "$(dep org.eclipse.jdt ecj 3.38.0)" >.cache/flink/pom.xml
  mvn -q -B -f .cache/flink/pom.xml dependency:copy-dependencies "-DoutputDirectory=$PWD/.cache/flink/lib" -DincludeScope=runtime >/dev/null 2>&1 && return 0
  rm -rf .cache/flink
  say "Flink's parser could not be installed into .cache/flink (maven, network?): its tests are left out"
  [ "${CI:-}" != true ]
}
extras() { pymodbus && openapi && nodered && kafka && moto && ekuiper_sdk && flink; }
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
