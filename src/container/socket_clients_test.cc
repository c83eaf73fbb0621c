#include "container/socket_clients.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "base/fd.h"

namespace podtap::container {
namespace {

using testing::Contains;
using testing::Not;

class Listener {
 public:
  Listener() {
    char folder[] = "/tmp/podtap-clients-XXXXXX";
    folder_ = ::mkdtemp(folder);
    path_ = folder_ + "/runtime.sock";
    fd_ = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un address = Address();
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd_.get(), 8), 0);
  }
  ~Listener() {
    ::unlink(path_.c_str());
    ::rmdir(folder_.c_str());
  }
  const std::string& path() const { return path_; }

  // A process that connects, perhaps from a network namespace of its own, and stays.
  pid_t Client(bool own_namespace) {
    int ready[2];
    EXPECT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      if (own_namespace && ::unshare(CLONE_NEWNET) != 0) ::_exit(2);
      const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
      const sockaddr_un address = Address();
      if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::_exit(3);
      }
      if (::write(ready[1], "x", 1) != 1) ::_exit(4);
      ::pause();
    }
    ::close(ready[1]);
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1) << "the client could not connect";
    ::close(ready[0]);
    accepted_.emplace_back(::accept(fd_.get(), nullptr, nullptr));
    return child;
  }

 private:
  sockaddr_un Address() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    return address;
  }
  std::string folder_, path_;
  Fd fd_;
  std::vector<Fd> accepted_;
};

void End(pid_t child) {
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

// Other tests load the machine: time enough to see all of it.
Result<SocketClients> ClientsOf(const std::string& path,
                                std::chrono::milliseconds time = std::chrono::seconds(10)) {
  return SocketClientsFinder().Find(path, time);
}

TEST(SocketClients, NamesWhoIsConnected) {
  Listener listener;
  const pid_t first = listener.Client(false), second = listener.Client(false);
  const auto clients = ClientsOf(listener.path());
  ASSERT_TRUE(clients.has_value()) << clients.error().Message();
  EXPECT_THAT(clients->pids, testing::UnorderedElementsAre(first, second));
  EXPECT_FALSE(clients->incomplete);
  End(first);
  End(second);
}

TEST(SocketClients, FindsAClientInAnotherNetworkNamespace) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to make a network namespace";
  Listener listener;
  const pid_t client = listener.Client(true);
  const auto clients = ClientsOf(listener.path());
  ASSERT_TRUE(clients.has_value()) << clients.error().Message();
  EXPECT_THAT(clients->pids, Contains(client));
  End(client);
}

TEST(SocketClients, TheSocketMayGoByAnotherName) {
  Listener listener;
  const pid_t client = listener.Client(false);
  const std::string link = listener.path() + ".link";
  ASSERT_EQ(::symlink(listener.path().c_str(), link.c_str()), 0);
  const auto clients = ClientsOf(link);
  ::unlink(link.c_str());
  ASSERT_TRUE(clients.has_value());
  EXPECT_THAT(clients->pids, Contains(client));
  End(client);
}

TEST(SocketClients, NobodyIsConnected) {
  Listener listener;
  const auto clients = ClientsOf(listener.path());
  ASSERT_TRUE(clients.has_value());
  EXPECT_TRUE(clients->pids.empty());
  EXPECT_FALSE(clients->incomplete);
}

TEST(SocketClients, AnotherSocketsClientsAreNotMeant) {
  Listener listener, other;
  const pid_t client = other.Client(false);
  const auto clients = ClientsOf(listener.path());
  ASSERT_TRUE(clients.has_value());
  EXPECT_THAT(clients->pids, Not(Contains(client)));
  End(client);
}

TEST(SocketClients, RemembersWhoHoldsWhat) {
  Listener listener;
  const pid_t first = listener.Client(false);
  SocketClientsFinder finder;
  ASSERT_TRUE(finder.Find(listener.path(), std::chrono::seconds(10)).has_value());
  // No time to look for anybody, and none is needed.
  const auto again = finder.Find(listener.path(), std::chrono::milliseconds(0));
  ASSERT_TRUE(again.has_value());
  EXPECT_THAT(again->pids, testing::ElementsAre(first));
  const pid_t second = listener.Client(false);
  End(first);
  const auto last = finder.Find(listener.path(), std::chrono::seconds(10));
  ASSERT_TRUE(last.has_value());
  EXPECT_THAT(last->pids, testing::ElementsAre(second));
  End(second);
}

TEST(SocketClients, TooLittleTimeIsSaid) {
  Listener listener;
  const pid_t client = listener.Client(false);
  const auto clients = ClientsOf(listener.path(), std::chrono::milliseconds(0));
  ASSERT_TRUE(clients.has_value());
  EXPECT_TRUE(clients->incomplete);
  End(client);
}

}  // namespace
}  // namespace podtap::container
