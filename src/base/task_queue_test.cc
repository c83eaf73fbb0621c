#include "base/task_queue.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <future>
#include <vector>

namespace podtap {
namespace {

bool Readable(int fd) {
  pollfd ready{fd, POLLIN, 0};
  return ::poll(&ready, 1, 0) == 1;
}

TEST(TaskQueue, RunsInOrderAndIsReadableWhileThereIsWork) {
  TaskQueue queue;
  EXPECT_FALSE(Readable(queue.fd()));
  std::vector<int> ran;
  queue.Post([&] { ran.push_back(1); });
  queue.Post([&] {
    ran.push_back(2);
    queue.Post([&] { ran.push_back(3); });
  });
  EXPECT_TRUE(Readable(queue.fd()));
  EXPECT_EQ(queue.RunAll(), 2u);
  EXPECT_TRUE(Readable(queue.fd()));
  EXPECT_EQ(queue.RunAll(), 1u);
  EXPECT_FALSE(Readable(queue.fd()));
  EXPECT_EQ(ran, (std::vector<int>{1, 2, 3}));
}

TEST(Worker, RunsOnAThreadOfItsOwn) {
  Worker worker;
  std::promise<std::thread::id> id;
  worker.Post([&] { id.set_value(std::this_thread::get_id()); });
  EXPECT_NE(id.get_future().get(), std::this_thread::get_id());
}

TEST(Worker, EndsWithWorkLeft) {
  std::promise<void> begun;
  {
    Worker worker;
    worker.Post([&] { begun.set_value(); });
    begun.get_future().wait();
    for (int i = 0; i < 1000; i++) worker.Post([] {});
  }
}

}  // namespace
}  // namespace podtap
