/* This file draws lines and a bar on standard error, and catches the signals that let a step finish. */
#include "progress.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "messages.h"

enum { BAR_CELLS = 24 };
static const double redraw_s = 0.1;

void cli_say(const cli_arguments *arguments, const char *format, ...) {
    va_list values;
    if (cli_flag(arguments, "quiet"))
        return;
    va_start(values, format);
    cli_print_line("", format, values);
    va_end(values);
}

void cli_detail(const cli_arguments *arguments, const char *format, ...) {
    va_list values;
    if (!cli_flag(arguments, "verbose"))
        return;
    va_start(values, format);
    cli_print_line("", format, values);
    va_end(values);
}

double cli_clock_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void cli_duration(double seconds, char text[24]) {
    const long whole = seconds > 0 && seconds < 1e8 ? (long)(seconds + 0.5) : 0;
    if (whole >= 3600)
        snprintf(text, 24, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    else
        snprintf(text, 24, "%ld:%02ld", whole / 60, whole % 60);
}

cli_progress cli_progress_start(const cli_arguments *arguments, const char *what) {
    return (cli_progress){
        .bar = cli_is_terminal(STDERR_FILENO) && !cli_flag(arguments, "quiet"), .what = what, .start_s = cli_clock_s()};
}

void cli_progress_note(cli_progress *progress, size_t done, size_t total, const char *note) {
    static const char full[] = "########################", empty[] = "........................";
    const double now_s = cli_clock_s();
    if (!progress->bar || total == 0 || (done < total && now_s - progress->drawn_s < redraw_s))
        return;
    const int cells = (int)(BAR_CELLS * (done < total ? done : total) / total);
    fprintf(stderr, "\r%s [%.*s%.*s] %zu/%zu  %s\033[K", progress->what, cells, full, BAR_CELLS - cells, empty, done,
            total, note);
    fflush(stderr);
    progress->drawn_s = now_s;
    progress->shown = true;
}

void cli_progress_update(cli_progress *progress, size_t done, size_t total) {
    const double elapsed_s = cli_clock_s() - progress->start_s;
    const double rate = elapsed_s > 0 ? (double)done / elapsed_s : 0;
    char left[24], note[80];
    cli_duration(rate > 0 ? (double)(total - done) / rate : 0, left);
    snprintf(note, sizeof note, "%.0f/s  ETA %s", rate, left);
    cli_progress_note(progress, done, total, note);
}

void cli_progress_clear(cli_progress *progress) {
    if (progress->shown) {
        fputs("\r\033[K", stderr);
        progress->shown = false;
    }
}

/* Signals */

/* The one variable of the program: a signal handler reaches nothing else. */
static volatile sig_atomic_t caught;

static void on_signal(int number) {
    if (caught != 0)
        _exit(128 + number);
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
