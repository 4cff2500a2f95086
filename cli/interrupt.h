/**
 * @file interrupt.h
 * Ctrl-C that lets a step finish.
 */
#ifndef LEADWISE_CLI_INTERRUPT_H
#define LEADWISE_CLI_INTERRUPT_H

#include <stdbool.h>

/** From now on SIGINT, SIGTERM and SIGUSR1, which mpirun passes on, only set a flag; the second one ends the program at
 * once. */
void cli_interrupt_catch(void);
/** Has one come? */
bool cli_interrupted(void);
/** End as the signal would have ended the program: for work that leaves nothing to resume. */
void cli_interrupt_die(void);

#endif
