// RocksDB's TransactionDB as a lock manager, measured the way its users must use it:
// every waiter in a thread of its own, deadlock detection on, nothing written.
//
//   rocksdb --version         names the library's version
//   rocksdb --list            names the cases
//   rocksdb CASE SECONDS      measures one case; a JSON line for each measurement
//   rocksdb tuned ...         the same for the cases that a tuned program does faster:
//                             it uses each transaction again and reads no value

#include <malloc.h>
#include <rocksdb/db.h>
#include <rocksdb/utilities/transaction.h>
#include <rocksdb/utilities/transaction_db.h>
#include <rocksdb/version.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace ROCKSDB_NAMESPACE;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int kKeys = 1024;   // as many as the other programs cycle through
constexpr int kBatch = 256;   // operations between two looks at the clock

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void Emit(const std::string& name, const char* unit, std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  size_t n = samples.size();
  double median = n % 2 ? samples[n / 2] : (samples[n / 2 - 1] + samples[n / 2]) / 2;
  printf("{\"name\":\"%s\",\"unit\":\"%s\",\"median\":%.6g,\"min\":%.6g,\"max\":%.6g,\"samples\":%zu}\n",
         name.c_str(), unit, median, samples.front(), samples.back(), n);
}

[[noreturn]] void Fail(const char* what, const Status& status) {
  fprintf(stderr, "%s: %s\n", what, status.ToString().c_str());
  exit(1);
}

// A database in memory (or a temporary folder), without a write-ahead log.
class Database {
 public:
  Database() {
    const char* base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    std::string path = std::string(base) + "/lock-peer-XXXXXX";
    if (mkdtemp(path.data()) == nullptr) exit(1);
    path_ = path;
    Options options;
    options.create_if_missing = true;
    TransactionDBOptions db_options;
    db_options.transaction_lock_timeout = 30'000;
    TransactionDB* db = nullptr;
    Status status = TransactionDB::Open(options, db_options, path_, &db);
    if (!status.ok()) Fail("open", status);
    db_.reset(db);
    write_options_.disableWAL = true;
    options_.deadlock_detect = true;
  }
  ~Database() {
    db_.reset();
    std::filesystem::remove_all(path_);
  }

  std::unique_ptr<Transaction> Begin() { return Begin(nullptr); }

  // Begins a transaction in the memory of one that has ended.
  std::unique_ptr<Transaction> Begin(std::unique_ptr<Transaction> ended) {
    return std::unique_ptr<Transaction>(
        db_->BeginTransaction(write_options_, options_, ended.release()));
  }

 private:
  std::string path_;
  std::unique_ptr<TransactionDB> db_;
  WriteOptions write_options_;
  TransactionOptions options_;
};

// Locks a key as the manual shows it, with its value.
Status LockAndRead(Transaction& tx, const std::string& key) {
  std::string value;
  Status status = tx.GetForUpdate(ReadOptions(), key, &value);
  return status.IsNotFound() ? Status::OK() : status;
}

// Locks a key and reads nothing.
Status Lock(Transaction& tx, const std::string& key) {
  return tx.GetForUpdate(ReadOptions(), key, static_cast<std::string*>(nullptr));
}

void MustLock(Transaction& tx, const std::string& key) {
  Status status = Lock(tx, key);
  if (!status.ok()) Fail("lock", status);
}

std::vector<std::string> Keys(int thread, int count) {
  std::vector<std::string> keys;
  for (int i = 0; i < count; i++) keys.push_back("users-" + std::to_string(thread) + "-" + std::to_string(i));
  return keys;
}

// Runs `work(thread, round)` in `threads` threads until time is over; gives rounds a second.
double Rate(int threads, double seconds, const std::function<std::function<void(int)>(int)>& prepare) {
  std::atomic<int> ready{0};
  std::atomic<bool> go{false};
  std::vector<double> rates(threads);
  std::vector<std::thread> handles;
  for (int t = 0; t < threads; t++) {
    handles.emplace_back([&, t] {
      auto work = prepare(t);
      ready++;
      while (!go) std::this_thread::yield();
      auto start = Clock::now();
      long rounds = 0;
      double elapsed = 0;
      while (elapsed < seconds) {
        for (int i = 0; i < kBatch; i++) work(static_cast<int>(rounds++ % kKeys));
        elapsed = SecondsSince(start);
      }
      rates[t] = rounds / elapsed;
    });
  }
  while (ready < threads) std::this_thread::yield();
  go = true;
  for (auto& handle : handles) handle.join();
  double sum = 0;
  for (double rate : rates) sum += rate;
  return sum;
}

// begin, lock one key after the other, roll back.
void Transactions(const std::string& name, int threads, int locks, bool tuned, double seconds) {
  Database db;
  double rate = Rate(threads, seconds, [&](int thread) {
    auto keys = std::make_shared<std::vector<std::string>>(Keys(thread, kKeys + locks));
    auto tx = std::make_shared<std::unique_ptr<Transaction>>();
    return [&db, keys, tx, locks, tuned](int round) {
      *tx = tuned ? db.Begin(std::move(*tx)) : db.Begin();
      for (int i = 0; i < locks; i++) {
        const std::string& key = (*keys)[round + i];
        Status status = tuned ? Lock(**tx, key) : LockAndRead(**tx, key);
        if (!status.ok()) Fail("lock", status);
      }
      (*tx)->Rollback();
    };
  });
  Emit(name, "1/s", {rate * locks});
}

void WaitUntilWaiting(const Transaction& tx) {
  for (;;) {
    uint32_t column_family = 0;
    std::string key;
    if (!tx.GetWaitingTxns(&column_family, &key).empty()) return;
    std::this_thread::yield();
  }
}

struct RingTimes {
  double verdict_us;
  double drained_us;
};

// Member i holds key i and waits for key i + 1; the last one's call closes the ring and gets the
// verdict. It rolls back, and begins again when all others are through: the best that its user
// could do. (A victim that begins again at once often takes its key before the one that was woken
// for it, and then the next one is told of a deadlock.) The ring is drained when everybody has had
// both keys.
RingTimes Ring(Database& db, const std::vector<std::string>& keys) {
  int n = static_cast<int>(keys.size());
  std::vector<std::unique_ptr<Transaction>> txs;
  for (int i = 0; i < n; i++) {
    txs.push_back(db.Begin());
    MustLock(*txs[i], keys[i]);
  }
  std::atomic<int> waiters{n - 1};
  std::vector<std::thread> threads;
  for (int i = 0; i + 1 < n; i++) {
    threads.emplace_back([&, i] {
      MustLock(*txs[i], keys[i + 1]);
      txs[i]->Rollback();
      if (waiters.fetch_sub(1) == 1) waiters.notify_one();
    });
  }
  for (int i = 0; i + 1 < n; i++) WaitUntilWaiting(*txs[i]);
  auto start = Clock::now();
  Status status = Lock(*txs[n - 1], keys[0]);
  double verdict_us = SecondsSince(start) * 1e6;
  if (!status.IsDeadlock()) Fail("ring did not close", status);
  txs[n - 1]->Rollback();
  for (int left = waiters; left > 0; left = waiters) waiters.wait(left);
  auto retry = db.Begin(std::move(txs[n - 1]));
  MustLock(*retry, keys[n - 1]);
  MustLock(*retry, keys[0]);
  retry->Rollback();
  double drained_us = SecondsSince(start) * 1e6;
  for (auto& thread : threads) thread.join();
  return {verdict_us, drained_us};
}

void Rings(const std::string& name, int members, double seconds) {
  Database db;
  auto keys = Keys(0, members);
  std::vector<double> verdicts, drained;
  auto start = Clock::now();
  while (verdicts.size() < 3 || SecondsSince(start) < seconds) {
    RingTimes times = Ring(db, keys);
    verdicts.push_back(times.verdict_us);
    drained.push_back(times.drained_us);
  }
  Emit(name + "-verdict", "us", verdicts);
  Emit(name + "-drained", "us", drained);
}

// Many threads on one key: grants, true hand-offs (to another thread than the last), shares.
void Hot(const std::string& name, int members, double seconds) {
  Database db;
  std::atomic<bool> stop{false};
  std::atomic<int> ready{0};
  int last = -1;  // guarded by the lock that is measured
  std::vector<long> grants(members), hand_offs(members);
  // Has the key until all stand in line.
  auto first = db.Begin();
  MustLock(*first, "hot");
  std::vector<std::thread> threads;
  for (int t = 0; t < members; t++) {
    threads.emplace_back([&, t] {
      const std::string key = "hot";
      std::unique_ptr<Transaction> tx;
      ready++;
      while (!stop) {
        tx = db.Begin(std::move(tx));
        MustLock(*tx, key);
        grants[t]++;
        if (last != t) hand_offs[t]++;
        last = t;
        tx->Rollback();
      }
    });
  }
  while (ready < members) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  first->Rollback();
  auto start = Clock::now();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  stop = true;
  double elapsed = SecondsSince(start);
  for (auto& thread : threads) thread.join();
  long all = 0, handed = 0;
  for (long n : grants) all += n;
  for (long n : hand_offs) handed += n;
  long least = std::max(1L, *std::min_element(grants.begin(), grants.end()));
  long most = *std::max_element(grants.begin(), grants.end());
  Emit(name + "-handoffs", "1/s", {handed / elapsed});
  Emit(name + "-grants", "1/s", {all / elapsed});
  Emit(name + "-shares", "x", {static_cast<double>(most) / least});
}

double ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  long size = 0, resident = 0;
  statm >> size >> resident;
  return static_cast<double>(resident) * sysconf(_SC_PAGESIZE);
}

void Held(int locks) {
  Database db;
  auto tx = db.Begin();
  char key[32];
  double heap = mallinfo2().uordblks + mallinfo2().hblkhd, resident = ResidentBytes();
  for (int i = 0; i < locks; i++) {
    snprintf(key, sizeof key, "users-%07d", i);
    MustLock(*tx, key);
  }
  Emit("held-bytes", "B", {(mallinfo2().uordblks + mallinfo2().hblkhd - heap) / locks});
  Emit("held-resident", "B", {(ResidentBytes() - resident) / locks});
  tx->Rollback();
}

struct Case {
  std::string name;
  std::function<void(double)> run;
};

std::vector<Case> Cases(bool tuned) {
  std::vector<Case> cases;
  for (int threads : {1, 2}) {
    std::string flat = "flat-" + std::to_string(threads), ten = "ten-" + std::to_string(threads);
    cases.push_back({flat, [=](double s) { Transactions(flat, threads, 1, tuned, s); }});
    cases.push_back({ten, [=](double s) { Transactions(ten, threads, 10, tuned, s); }});
  }
  if (tuned) return cases;
  for (int members : {2, 10, 50}) {
    std::string name = "ring-" + std::to_string(members);
    cases.push_back({name, [=](double s) { Rings(name, members, s); }});
  }
  cases.push_back({"hot-128", [](double s) { Hot("hot-128", 128, s); }});
  cases.push_back({"held", [](double) { Held(1'000'000); }});
  return cases;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> args(argv + 1, argv + argc);
  bool tuned = !args.empty() && args[0] == "tuned";
  if (tuned) args.erase(args.begin());
  if (args.empty()) args = {"--list"};
  if (args[0] == "--version") {
    printf("%s\n", GetRocksVersionAsString(true).c_str());
    return 0;
  }
  for (const Case& one : Cases(tuned)) {
    if (args[0] == "--list") printf("%s\n", one.name.c_str());
    if (args[0] == one.name) one.run(args.size() > 1 ? std::stod(args[1]) : 0.3);
  }
}
