// A Modbus server on libmodbus for the tests, with the same units and values as pymodbus-server.py. Prints "ready" when it serves.
//   server tcp PORT | server rtu DEVICE=UNIT [DEVICE=UNIT …] | server encode (lines "TYPE ORDER VALUE" → bytes in hex)
// Over RTU libmodbus serves one unit per device: several units need several devices, joined by the test as a line joins them.
#include <errno.h>
#include <inttypes.h>
#include <modbus/modbus.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { UNITS = 3, SIZE = 1000, CLIENTS = 64 };

static modbus_mapping_t *maps[UNITS + 1];

static void fill(void) {
  for (int u = 1; u <= UNITS; u++) {
    modbus_mapping_t *m = maps[u] = modbus_mapping_new(SIZE, SIZE, SIZE, SIZE);
    if (!m) exit(3);
    // every register and coil tells unit, table and address, so that a value of another place is seen
    for (int i = 0; i < SIZE; i++) {
      m->tab_bits[i] = (i * 7 + u) % 3 == 0;
      m->tab_input_bits[i] = (i * 7 + u + 1) % 3 == 0;
      m->tab_registers[i] = (uint16_t)(u * 4096 + 2 * 1024 + i);
      m->tab_input_registers[i] = (uint16_t)(u * 4096 + 3 * 1024 + i);
    }
  }
}

static int fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, modbus_strerror(errno));
  return 2;
}

static void ready(void) {
  puts("ready");
  fflush(stdout);
}

// A request of one client: answered when its unit is one of ours, else silence. Returns 0 when the client is gone.
static int serve(modbus_t *ctx, int header) {
  uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
  int size = modbus_receive(ctx, query);
  if (size > 0) {
    int unit = query[header - 1];
    // a broadcast over RTU reaches the unit of each device
    if (unit == 0 && header == 1) unit = modbus_get_slave(ctx);
    if (unit >= 1 && unit <= UNITS) modbus_reply(ctx, query, size, maps[unit]);
    return 1;
  }
  if (size < 0) modbus_flush(ctx);
  // a damaged request is no reason to go; a closed line is
  return size == 0 || errno == EMBBADCRC || errno == ETIMEDOUT || errno == EMBBADDATA;
}

static int tcp(int port) {
  modbus_t *ctx = modbus_new_tcp("127.0.0.1", port);
  if (!ctx) return fail("modbus_new_tcp");
  int listener = modbus_tcp_listen(ctx, CLIENTS);
  if (listener < 0) return fail("modbus_tcp_listen");
  ready();
  struct pollfd fds[CLIENTS] = {{.fd = listener, .events = POLLIN}};
  int n = 1;
  int header = modbus_get_header_length(ctx);
  for (;;) {
    if (poll(fds, (nfds_t)n, -1) < 0) return fail("poll");
    for (int i = n - 1; i > 0; i--) {
      if (!fds[i].revents) continue;
      modbus_set_socket(ctx, fds[i].fd);
      if (serve(ctx, header)) continue;
      close(fds[i].fd);
      fds[i] = fds[--n];
    }
    if (fds[0].revents && n < CLIENTS) {
      int fd = accept(listener, NULL, NULL);
      if (fd >= 0) fds[n++] = (struct pollfd){.fd = fd, .events = POLLIN};
    }
  }
}

static int rtu(int count, char **lines) {
  modbus_t *ctx[UNITS];
  struct pollfd fds[UNITS];
  if (count < 1 || count > UNITS) return 2;
  for (int i = 0; i < count; i++) {
    char *equals = strrchr(lines[i], '=');
    if (!equals) return 2;
    *equals = 0;
    ctx[i] = modbus_new_rtu(lines[i], 115200, 'N', 8, 1);
    if (!ctx[i] || modbus_set_slave(ctx[i], atoi(equals + 1)) < 0 || modbus_connect(ctx[i]) < 0) return fail(lines[i]);
    // one that waits 500 ms for the rest of a frame does not find back while others are asked
    modbus_set_byte_timeout(ctx[i], 0, 20000);
    fds[i] = (struct pollfd){.fd = modbus_get_socket(ctx[i]), .events = POLLIN};
  }
  ready();
  for (;;) {
    if (poll(fds, (nfds_t)count, -1) < 0) return fail("poll");
    for (int i = 0; i < count; i++)
      if (fds[i].revents && !serve(ctx[i], modbus_get_header_length(ctx[i]))) return fail(lines[i]);
  }
}

static int encode(void) {
  char type[16], order[8], value[64];
  while (scanf("%15s %7s %63s", type, order, value) == 3) {
    uint16_t r[4] = {0};
    int n = 2;
    // the float functions mean bytes in memory, the macros registers
    int memory = !strcmp(type, "float32");
    if (memory) {
      float f = strtof(value, NULL);
      if (!strcmp(order, "ABCD")) modbus_set_float_abcd(f, r);
      else if (!strcmp(order, "DCBA")) modbus_set_float_dcba(f, r);
      else if (!strcmp(order, "BADC")) modbus_set_float_badc(f, r);
      else modbus_set_float_cdab(f, r);
    } else if (!strcmp(type, "int32")) {
      int32_t v = (int32_t)strtoll(value, NULL, 10);
      MODBUS_SET_INT32_TO_INT16(r, 0, v);
    } else {
      int64_t v = strtoll(value, NULL, 10);
      MODBUS_SET_INT64_TO_INT16(r, 0, v);
      n = 4;
    }
    const uint8_t *bytes = (const uint8_t *)r;
    for (int i = 0; i < n; i++) {
      if (memory) printf("%02x%02x", bytes[2 * i], bytes[2 * i + 1]);
      else printf("%04x", r[i]);
    }
    puts("");
  }
  return 0;
}

int main(int argc, char **argv) {
  if (argc >= 2 && !strcmp(argv[1], "encode")) return encode();
  fill();
  if (argc == 3 && !strcmp(argv[1], "tcp")) return tcp(atoi(argv[2]));
  if (argc >= 3 && !strcmp(argv[1], "rtu")) return rtu(argc - 2, argv + 2);
  fprintf(stderr, "usage: server tcp PORT | rtu DEVICE=UNIT … | encode\n");
  return 2;
}
