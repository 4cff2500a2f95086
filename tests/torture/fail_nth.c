/*
 * This library is preloaded into the program, whose n-th call of one kind then fails, once or always. Allocations are
 * replaced by name; system calls are trapped by a seccomp filter, so that those of the C library's own streams are met as well.
 *
 *   TORTURE_CALL=malloc|open|read|write|fsync|rename|close|mmap|stat|list|mkdir|save    which calls are counted
 *   TORTURE_NTH=N     the first that fails, counted from 1; 0: none
 *   TORTURE_GOOD=1    those after it fail, too
 *   TORTURE_HOW=E     errno of a system call that fails; "short": half of what it is asked; "kill": the program's end
 *   TORTURE_COUNT=F   file to which the number of calls is written at the end
 *   TORTURE_PLACES=F  file of the numbers of those allocations that come from a place (all callers) not met before
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

static atomic_long counted;
static long nth;
static bool for_good, allocations, shorter, kills;
static long reason = EIO;

enum { CALLS_PER_KIND = 8 };
/* "save": what a file passes on its way to the disk. The lists end with -1. */
static const struct {
    const char *name;
    int calls[CALLS_PER_KIND];
} kinds[] = {
    {"open", {SYS_open, SYS_openat, -1}},
    {"read", {SYS_read, SYS_pread64, SYS_readv, -1}},
    {"write", {SYS_write, SYS_pwrite64, SYS_writev, -1}},
    {"fsync", {SYS_fsync, SYS_fdatasync, -1}},
    {"rename", {SYS_rename, SYS_renameat, SYS_renameat2, -1}},
    {"close", {SYS_close, -1}},
    {"mmap", {SYS_mmap, -1}},
    {"stat", {SYS_stat, SYS_fstat, SYS_lstat, SYS_newfstatat, SYS_statx, -1}},
    {"list", {SYS_getdents64, -1}},
    {"mkdir", {SYS_mkdir, SYS_mkdirat, -1}},
    {"save", {SYS_openat, SYS_write, SYS_pwrite64, SYS_fsync, SYS_rename, SYS_unlink, -1}},
};

/** Whether the call that is made now is one that fails. */
static bool fails(void) {
    const long number = atomic_fetch_add(&counted, 1) + 1;
    return nth > 0 && (for_good ? number >= nth : number == nth);
}

/* Allocations */

/** The function of this name that the program would have called. */
static void *following(_Atomic(void *) *known, const char *name) {
    void *found = atomic_load(known);
    if (!found)
        atomic_store(known, found = dlsym(RTLD_NEXT, name));
    return found;
}

/* Places that allocate, each known by a hash of the addresses of all callers. */
enum { PLACES = 1 << 16, CALLERS = 32 };
static uint64_t place[PLACES];
static FILE *places;
static _Thread_local bool noting;

static uint64_t hash_of_callers(void) {
    void *caller[CALLERS];
    const int depth = backtrace(caller, CALLERS);
    uint64_t hash = 1469598103934665603u; /* FNV-1a over addresses */
    for (int i = 2; i < depth; i++)
        hash = (hash ^ (uint64_t)(uintptr_t)caller[i]) * 1099511628211u;
    return hash | 1;
}

/** Write the number of this allocation when its place is new. The program runs one thread. */
static void note_place(void) {
    if (!places || noting)
        return;
    noting = true;
    const uint64_t hash = hash_of_callers();
    size_t at = (hash >> 20) % PLACES;
    while (place[at] != 0 && place[at] != hash)
        at = (at + 1) % PLACES;
    if (place[at] == 0)
        fprintf(places, "%ld\n", atomic_load(&counted) + 1);
    place[at] = hash;
    noting = false;
}

static bool no_memory(void) {
    if (!allocations || noting)
        return false;
    note_place();
    if (!fails())
        return false;
    errno = ENOMEM;
    return true;
}

/* `real` calls it. */
#define FOLLOWING(result, name, ...)                                                                                   \
    static _Atomic(void *) known;                                                                                      \
    result (*const real)(__VA_ARGS__) = (result(*)(__VA_ARGS__))following(&known, name)

void *malloc(size_t bytes) {
    FOLLOWING(void *, "malloc", size_t);
    return no_memory() ? NULL : real(bytes);
}

void *calloc(size_t count, size_t bytes) {
    FOLLOWING(void *, "calloc", size_t, size_t);
    return no_memory() ? NULL : real(count, bytes);
}

void *realloc(void *block, size_t bytes) {
    FOLLOWING(void *, "realloc", void *, size_t);
    return no_memory() ? NULL : real(block, bytes);
}

int posix_memalign(void **block, size_t alignment, size_t bytes) {
    FOLLOWING(int, "posix_memalign", void **, size_t, size_t);
    return no_memory() ? ENOMEM : real(block, alignment, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes) {
    FOLLOWING(void *, "aligned_alloc", size_t, size_t);
    return no_memory() ? NULL : real(alignment, bytes);
}

/* System calls */

/* The one place whose system calls the filter lets through. */
long torture_call(long number, const long arguments[6]);
extern const char torture_call_end[];
__asm__(".text\n.globl torture_call\n.hidden torture_call\n.hidden torture_call_end\ntorture_call:\n"
        "mov %rdi, %rax\nmov %rsi, %r11\n"
        "mov (%r11), %rdi\nmov 8(%r11), %rsi\nmov 16(%r11), %rdx\n"
        "mov 24(%r11), %r10\nmov 32(%r11), %r8\nmov 40(%r11), %r9\n"
        "syscall\n.globl torture_call_end\ntorture_call_end:\nret\n");

static void on_call(int signal_number, siginfo_t *info, void *context) {
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    long arguments[6] = {registers[REG_RDI], registers[REG_RSI], registers[REG_RDX],
                         registers[REG_R10], registers[REG_R8],  registers[REG_R9]};
    const bool fail = fails();
    (void)signal_number;
    if (fail && kills)
        kill(getpid(), SIGKILL);
    if (fail && shorter && arguments[2] > 1)
        arguments[2] /= 2;
    registers[REG_RAX] = fail && !shorter ? -reason : torture_call(info->si_syscall, arguments);
}

/** Trap the calls of the list, except those made by torture_call. */
static bool trap(const int *calls) {
    enum { LOAD = BPF_LD | BPF_W | BPF_ABS, SAME = BPF_JMP | BPF_JEQ | BPF_K, GIVE = BPF_RET | BPF_K };
    const uint64_t here = (uint64_t)(uintptr_t)torture_call_end;
    struct sock_filter code[CALLS_PER_KIND + 8];
    unsigned short length = 0;
    code[length++] = (struct sock_filter)BPF_STMT(LOAD, offsetof(struct seccomp_data, instruction_pointer));
    code[length++] = (struct sock_filter)BPF_JUMP(SAME, (uint32_t)here, 0, 3);
    code[length++] = (struct sock_filter)BPF_STMT(LOAD, offsetof(struct seccomp_data, instruction_pointer) + 4);
    code[length++] = (struct sock_filter)BPF_JUMP(SAME, (uint32_t)(here >> 32), 0, 1);
    code[length++] = (struct sock_filter)BPF_STMT(GIVE, SECCOMP_RET_ALLOW);
    code[length++] = (struct sock_filter)BPF_STMT(LOAD, offsetof(struct seccomp_data, nr));
    unsigned char left = 0;
    while (calls[left] >= 0)
        left++;
    for (; *calls >= 0; calls++, left--)
        code[length++] = (struct sock_filter)BPF_JUMP(SAME, (uint32_t)*calls, left, 0);
    code[length++] = (struct sock_filter)BPF_STMT(GIVE, SECCOMP_RET_ALLOW);
    code[length++] = (struct sock_filter)BPF_STMT(GIVE, SECCOMP_RET_TRAP);
    const struct sock_fprog program = {length, code};
    const struct sigaction action = {.sa_sigaction = on_call, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART};
    return sigaction(SIGSYS, &action, NULL) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static const char *setting(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

__attribute__((constructor)) static void begin(void) {
    const char *call = setting("TORTURE_CALL"), *how = setting("TORTURE_HOW");
    nth = strtol(setting("TORTURE_NTH"), NULL, 10);
    for_good = setting("TORTURE_GOOD")[0] == '1';
    shorter = strcmp(how, "short") == 0;
    kills = strcmp(how, "kill") == 0;
    if (strtol(how, NULL, 10) > 0)
        reason = strtol(how, NULL, 10);
    allocations = strcmp(call, "malloc") == 0;
    noting = true;
    if (setting("TORTURE_PLACES")[0] != '\0')
        places = fopen(setting("TORTURE_PLACES"), "w");
    hash_of_callers(); /* its first call allocates */
    noting = false;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(call, kinds[i].name) == 0 && !trap(kinds[i].calls))
            _exit(77); /* this system has no such filters */
}

/** Write the count past the filter and without memory. */
__attribute__((destructor)) static void end(void) {
    char text[32];
    const long length = snprintf(text, sizeof text, "%ld\n", atomic_load(&counted));
    const char *path = setting("TORTURE_COUNT");
    nth = 0;
    noting = true;
    if (places)
        fclose(places);
    if (path[0] == '\0')
        return;
    const long opened = torture_call(SYS_open, (long[6]){(long)path, O_WRONLY | O_CREAT | O_TRUNC, 0666});
    torture_call(SYS_write, (long[6]){opened, (long)text, length});
}
