// Faults: what the CPU doesn't let pass.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <iterator>

#include "actor.h"

namespace victim {
namespace {

// Volatile, so that no compiler knows that these are no addresses.
volatile uintptr_t nowhere = 0;
volatile uintptr_t wild = 0xdead000;                    // nothing is mapped there
volatile uintptr_t non_canonical = 0x4141414141414141;  // no address at all

const char read_only[] = "read-only";

int SegvNull(Arguments) {
  *reinterpret_cast<volatile int*>(nowhere) = 1;
  return 0;
}

int SegvJump(Arguments) {
  reinterpret_cast<void (*)()>(wild)();
  return 0;
}

// The CPU raises a general protection fault: SI_KERNEL and no address.
int SegvNonCanonical(Arguments) {
  *reinterpret_cast<volatile int*>(non_canonical) = 1;
  return 0;
}

int SegvReadOnly(Arguments) {
  *const_cast<volatile char*>(read_only) = 'X';
  return 0;
}

int Deeper(int depth) {
  volatile char frame[4096];
  frame[0] = static_cast<char>(depth);
  return Deeper(depth + 1) + frame[0];
}

int SegvStack(Arguments) { return Deeper(0); }

// A mapped file whose pages are gone.
int Bus(Arguments) {
  char path[] = "/tmp/victim-XXXXXX";
  const int file = mkstemp(path);
  if (file < 0) return Failed(path);
  unlink(path);
  constexpr size_t kLength = 8192;
  if (ftruncate(file, kLength) != 0) return Failed("ftruncate");
  void* memory = mmap(nullptr, kLength, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) return Failed("mmap");
  if (ftruncate(file, 0) != 0) return Failed("ftruncate");
  return *static_cast<volatile char*>(memory);
}

int Ill(Arguments) {
  asm volatile("ud2");
  return 0;
}

int Fpe(Arguments) {
  volatile int zero = 0;
  volatile int one = 1;
  return one / zero;
}

int Trap(Arguments) {
  asm volatile("int3");
  return 0;
}

constexpr Actor kActors[] = {
    {"segv-null", "", SegvNull},
    {"segv-jump", "", SegvJump},
    {"segv-non-canonical", "", SegvNonCanonical},
    {"segv-read-only", "", SegvReadOnly},
    {"segv-stack", "", SegvStack},
    {"bus", "", Bus},
    {"ill", "", Ill},
    {"fpe", "", Fpe},
    {"trap", "", Trap},
};

}  // namespace

Actors Faults() { return {std::begin(kActors), std::end(kActors)}; }

}  // namespace victim
