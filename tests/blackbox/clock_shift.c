// Shows a process another wall clock: CLOCK_REALTIME moved by the milliseconds that stand in the file named by
// SEALPOST_TEST_CLOCK. The file is mapped, so that a test can move time while the process runs. For tests only,
// put in front of the C library with LD_PRELOAD.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

typedef int (*clock_gettime_type)(clockid_t, struct timespec *);

static const volatile int64_t *shift_ms;
static clock_gettime_type next_clock_gettime;

__attribute__((constructor)) static void open_shift(void) {
  next_clock_gettime = (clock_gettime_type)dlsym(RTLD_NEXT, "clock_gettime");
  const char *path = getenv("SEALPOST_TEST_CLOCK");
  const int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  void *mapped = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
  if (mapped != MAP_FAILED) shift_ms = mapped;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  // Others may ask before our constructor has run.
  if (next_clock_gettime == NULL)
    next_clock_gettime = (clock_gettime_type)dlsym(RTLD_NEXT, "clock_gettime");
  const int result = next_clock_gettime(clock, now);
  if (result == 0 && clock == CLOCK_REALTIME && shift_ms != NULL) {
    const int64_t shift = *shift_ms;
    now->tv_sec += shift / 1000;
    now->tv_nsec += shift % 1000 * 1000000;
    if (now->tv_nsec >= 1000000000) {
      now->tv_nsec -= 1000000000;
      ++now->tv_sec;
    } else if (now->tv_nsec < 0) {
      now->tv_nsec += 1000000000;
      --now->tv_sec;
    }
  }
  return result;
}
