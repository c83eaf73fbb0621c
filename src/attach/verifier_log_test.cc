#include "attach/verifier_log.h"

#include <gtest/gtest.h>

#include "attach/btf_blob.h"

namespace podtap::attach {
namespace {

TEST(VerifierLog, LastInstructionAndLastWord) {
  const VerifierComplaint complaint = ReadVerifierLog(
      "func#0 @0\n"
      "; identifier '$task' @ test.stp:1\n"
      "0: (79) r0 = *(u64 *)(r1 +16)\n"
      "12: (61) r0 = *(u32 *)(r1 +1268)\n"
      "R1 invalid mem access 'scalar'\n"
      "processed 13 insns (limit 1000000) max_states_per_insn 0\n");
  ASSERT_TRUE(complaint.insn.has_value());
  EXPECT_EQ(*complaint.insn, 12u);
  EXPECT_EQ(complaint.reason, "R1 invalid mem access 'scalar'");
  EXPECT_NE(complaint.tail.find("processed 13"), std::string::npos);
}

TEST(VerifierLog, EmptyAndUnfinished) {
  EXPECT_FALSE(ReadVerifierLog("").insn.has_value());
  EXPECT_EQ(ReadVerifierLog("99999999999999: x\n7").reason, "7");
  const VerifierComplaint many = ReadVerifierLog(std::string(100, '\n') + "end");
  EXPECT_EQ(many.reason, "end");
}

TEST(BtfBlob, StringsAreCleanAndShared) {
  BtfBlob blob;
  const uint32_t first = blob.String("a\nb");
  EXPECT_EQ(blob.String("a b"), first);
  EXPECT_EQ(blob.String(""), blob.String(""));
  EXPECT_GT(blob.Bytes().size(), 24u);
}

}  // namespace
}  // namespace podtap::attach
