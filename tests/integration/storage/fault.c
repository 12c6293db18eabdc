/* Preloaded into a writer: the n-th file operation inside one folder fails, or is cut in the middle by a kill.
 *
 * arm_fault(folder, n, mode, pages, lasting, place):
 *   mode 0 (off); 1 kill: a write puts down `pages` pages of 4 KiB, any other operation nothing, then the process dies;
 *   otherwise mode is the errno that the operation returns, once or, when `lasting`, from then on.
 *   With a `place` of 0 or more only writes at that offset count: DuckDB rewrites its metadata in place at 12288.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char folder[PATH_MAX];
static volatile long at = 0, count = 0, pages = 0, only_place = -1;
static volatile int mode = 0, lasting = 0;

void arm_fault(const char *path, long n, int what, long k, int stays, long place) {
    mode = 0;
    strncpy(folder, path, sizeof folder - 1);
    count = 0, at = n, pages = k, lasting = stays, only_place = place, mode = what;
}

static int is_ours(const char *path) { return folder[0] && strncmp(path, folder, strlen(folder)) == 0; }

static int is_ours_open(int descriptor) {
    char link[64], path[PATH_MAX];
    if (!folder[0]) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return is_ours(path);
}

/* Whether this operation is the one; counts it. */
static int is_due(long place) {
    if (only_place >= 0 && place != only_place) return 0;
    long now = __sync_add_and_fetch(&count, 1);
    return mode && (now == at || (lasting && now > at));
}

static void die(void) { kill(getpid(), SIGKILL); pause(); }

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define WRITING(name, parameters, arguments_cut, arguments, place)       \
    ssize_t name parameters {                                            \
        if (is_ours_open(descriptor) && is_due((long)(place))) {                      \
            if (mode != 1) { errno = mode; return -1; }                  \
            size_t cut = (size_t)pages * 4096 < size ? (size_t)pages * 4096 : size; \
            if (cut) REAL(name) arguments_cut;                           \
            die();                                                       \
        }                                                                \
        return REAL(name) arguments;                                     \
    }

#define OTHER(name, parameters, arguments, ours)                         \
    int name parameters {                                                \
        if ((ours) && is_due(-1)) {                                        \
            if (mode != 1) { errno = mode; return -1; }                  \
            die();                                                       \
        }                                                                \
        return REAL(name) arguments;                                     \
    }

WRITING(write, (int descriptor, const void *data, size_t size), (descriptor, data, cut), (descriptor, data, size), -1)
WRITING(pwrite, (int descriptor, const void *data, size_t size, off_t place), (descriptor, data, cut, place),
        (descriptor, data, size, place), place)
WRITING(pwrite64, (int descriptor, const void *data, size_t size, off64_t place), (descriptor, data, cut, place),
        (descriptor, data, size, place), place)
OTHER(fsync, (int descriptor), (descriptor), is_ours_open(descriptor))
OTHER(fdatasync, (int descriptor), (descriptor), is_ours_open(descriptor))
OTHER(ftruncate, (int descriptor, off_t size), (descriptor, size), is_ours_open(descriptor))
OTHER(ftruncate64, (int descriptor, off64_t size), (descriptor, size), is_ours_open(descriptor))
OTHER(unlink, (const char *path), (path), is_ours(path))
OTHER(rename, (const char *path, const char *other), (path, other), is_ours(path))
