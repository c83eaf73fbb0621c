#include "attach/program_for_test.h"

namespace podtap::attach {
namespace {

using namespace testing;

TEST(KernelReader, ReadsTheTaskThatRunsIt) {
  SKIP_UNLESS_ROOT();
  const auto reader = KernelReader::Make(TheKernel());
  ModuleMaker m;
  const uint64_t task = reader->CurrentTask();
  ASSERT_NE(task, 0u);
  int32_t tgid = 0;
  ASSERT_TRUE(reader->Read(task + m.Offset("task_struct", "tgid"), &tgid, sizeof(tgid)));
  EXPECT_EQ(tgid, getpid());
  std::vector<uint8_t> whole(2000);
  EXPECT_TRUE(reader->Read(task, whole.data(), static_cast<uint32_t>(whole.size())));
  EXPECT_FALSE(reader->Read(8, &tgid, sizeof(tgid)));
  EXPECT_EQ(reader->TaskFromPid(getpid()), task);
  EXPECT_EQ(reader->TaskFromPid(-1), 0u);
}

}  // namespace
}  // namespace podtap::attach
