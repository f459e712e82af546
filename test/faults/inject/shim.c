// Makes one file-system call of a process fail: LD_PRELOAD shim, compiled by inject.ts. Counts the changing calls on files below FAULT_ROOT (open
// for writing, write, sync, rename, remove, truncate, mkdir), or with FAULT_READS those that read (open, read, pread); number FAULT_AT fails with FAULT_ERRNO, or writes half when that is 0. The count
// so far stands in the file FAULT_COUNT. Node and SQLite's addon both call libc, so both pass here.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long count = 0;
static char root[512];
static long at = -1;
static int error_number = 0;
static int count_fd = -1;
static int reads = 0;

__attribute__((constructor)) static void begin(void) {
  const char *r = getenv("FAULT_ROOT");
  if (!r) return;
  strncpy(root, r, sizeof root - 1);
  at = getenv("FAULT_AT") ? atol(getenv("FAULT_AT")) : -1;
  error_number = getenv("FAULT_ERRNO") ? atoi(getenv("FAULT_ERRNO")) : EIO;
  reads = getenv("FAULT_READS") != NULL;
  const char *c = getenv("FAULT_COUNT");
  if (c) count_fd = open(c, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  unsetenv("LD_PRELOAD"); // children write nothing that counts
}

static int below(const char *path) {
  size_t n = strlen(root);
  return n && path && strncmp(path, root, n) == 0 && (path[n] == '/' || path[n] == 0);
}
static int fd_below(int fd) {
  if (!root[0] || fd < 3 || fd == count_fd) return 0;
  char link[64], path[600];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  if (n <= 0) return 0;
  path[n] = 0;
  return below(path);
}
static ssize_t (*real_write)(int, const void *, size_t);
/* 1 = this call is to fail */
static int counted(const char *what) {
  long n = atomic_fetch_add(&count, 1) + 1;
  if (count_fd >= 0) {
    char line[80];
    int len = snprintf(line, sizeof line, "%ld %s%s\n", n, what, n == at ? " FAILED" : "");
    if (!real_write) real_write = dlsym(RTLD_NEXT, "write");
    if (real_write(count_fd, line, len) < 0) abort();
  }
  return n == at;
}
static int hit(const char *what) { return !reads && counted(what); }
static int hit_read(const char *what) { return reads && counted(what); }
#define REAL(name) \
  static __typeof__(name) *real; \
  if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define FAIL_OR(what, cond) \
  if ((cond) && hit(what)) { \
    errno = error_number ? error_number : EIO; \
    return -1; \
  }

static int opened(int (*real)(const char *, int, ...), const char *path, int flags, mode_t mode) {
  FAIL_OR("open", (flags & (O_WRONLY | O_RDWR | O_CREAT)) && below(path));
  if (!(flags & (O_WRONLY | O_RDWR | O_CREAT)) && below(path) && hit_read("open-read")) { errno = error_number ? error_number : EIO; return -1; }
  return real(path, flags, mode);
}
int open(const char *path, int flags, ...) {
  REAL(open);
  va_list a; va_start(a, flags); mode_t mode = va_arg(a, int); va_end(a);
  return opened(real, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  REAL(open64);
  va_list a; va_start(a, flags); mode_t mode = va_arg(a, int); va_end(a);
  return opened(real, path, flags, mode);
}
#define SHORT(n) if (error_number == 0 && (n) > 1) (n) = (n) / 2; else { errno = error_number ? error_number : EIO; return -1; }
ssize_t write(int fd, const void *b, size_t n) {
  REAL(write);
  if (fd_below(fd) && hit("write")) { SHORT(n) }
  return real(fd, b, n);
}
ssize_t pwrite(int fd, const void *b, size_t n, off_t o) {
  REAL(pwrite);
  if (fd_below(fd) && hit("pwrite")) { SHORT(n) }
  return real(fd, b, n, o);
}
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t o) {
  REAL(pwrite64);
  if (fd_below(fd) && hit("pwrite")) { SHORT(n) }
  return real(fd, b, n, o);
}
ssize_t writev(int fd, const struct iovec *v, int c) {
  REAL(writev);
  FAIL_OR("writev", fd_below(fd));
  return real(fd, v, c);
}
int fsync(int fd) { REAL(fsync); FAIL_OR("fsync", fd_below(fd)); return real(fd); }
int fdatasync(int fd) { REAL(fdatasync); FAIL_OR("fdatasync", fd_below(fd)); return real(fd); }
int ftruncate(int fd, off_t n) { REAL(ftruncate); FAIL_OR("ftruncate", fd_below(fd)); return real(fd, n); }
int ftruncate64(int fd, off64_t n) { REAL(ftruncate64); FAIL_OR("ftruncate", fd_below(fd)); return real(fd, n); }
int rename(const char *a, const char *b) { REAL(rename); FAIL_OR("rename", below(b)); return real(a, b); }
int unlink(const char *p) { REAL(unlink); FAIL_OR("unlink", below(p)); return real(p); }
int mkdir(const char *p, mode_t m) { REAL(mkdir); FAIL_OR("mkdir", below(p)); return real(p, m); }
ssize_t read(int fd, void *b, size_t n) {
  REAL(read);
  if (reads && fd_below(fd) && hit_read("read")) { errno = EIO; return -1; }
  return real(fd, b, n);
}
ssize_t pread(int fd, void *b, size_t n, off_t o) {
  REAL(pread);
  if (reads && fd_below(fd) && hit_read("pread")) { errno = EIO; return -1; }
  return real(fd, b, n, o);
}
ssize_t pread64(int fd, void *b, size_t n, off64_t o) {
  REAL(pread64);
  if (reads && fd_below(fd) && hit_read("pread")) { errno = EIO; return -1; }
  return real(fd, b, n, o);
}
