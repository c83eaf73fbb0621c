// Limits: processor time, file size, memory.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstring>
#include <iterator>

#include "actor.h"

namespace victim {
namespace {

int Limit(__rlimit_resource resource, rlim_t soft, rlim_t hard) {
  const rlimit limit = {soft, hard};
  return setrlimit(resource, &limit) == 0 ? 0 : Failed("setrlimit");
}

[[noreturn]] void Burn() {
  volatile unsigned long turns = 0;
  while (true) turns = turns + 1;
}

// cpu SOFT HARD: seconds of processor time.
int Cpu(Arguments args) {
  const int failed =
      Limit(RLIMIT_CPU, static_cast<rlim_t>(Number(args[0])), static_cast<rlim_t>(Number(args[1])));
  if (failed != 0) return failed;
  Burn();
}

// Just as busy, within whatever limits are set.
int Busy(Arguments) { Burn(); }

// fsize BYTES: writes until it is told to stop.
int FileSize(Arguments args) {
  const rlim_t bytes = static_cast<rlim_t>(Number(args[0]));
  const int failed = Limit(RLIMIT_FSIZE, bytes, bytes);
  if (failed != 0) return failed;
  const int file = open("/tmp/too-large", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return Failed("/tmp/too-large");
  const char block[512] = {};
  while (write(file, block, sizeof block) > 0) {
  }
  return Failed("write");
}

// memory MIB: takes so much and keeps it.
int Memory(Arguments args) {
  constexpr size_t kPart = size_t{1} << 20;
  for (long left = Number(args[0]); left > 0; --left) {
    void* part = mmap(nullptr, kPart, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (part == MAP_FAILED) return Failed("mmap");
    std::memset(part, 1, kPart);
  }
  while (true) pause();
}

constexpr Actor kActors[] = {
    {"cpu", "SOFT HARD", Cpu},
    {"busy", "", Busy},
    {"fsize", "BYTES", FileSize},
    {"memory", "MIB", Memory},
};

}  // namespace

Actors Limits() { return {std::begin(kActors), std::end(kActors)}; }

}  // namespace victim
