#include "interrupt.h"

#include <signal.h>
#include <unistd.h>

/* A signal handler can reach nothing else: the one variable of the program. */
static volatile sig_atomic_t caught;

static void on_signal(int number) {
    if (caught != 0) {
        _exit(128 + number);
    }
    caught = number;
}

void cli_interrupt_catch(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
}

bool cli_interrupted(void) { return caught != 0; }

void cli_interrupt_die(void) {
    const int number = caught != 0 ? caught : SIGINT;
    signal(number, SIG_DFL);
    raise(number);
}
