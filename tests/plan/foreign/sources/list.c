#include <stdio.h>
#include <stdlib.h>

typedef struct Node {
    int value;
    struct Node *next;
} Node;

Node *push(Node *head, int value) {
    Node *node = malloc(sizeof(Node));
    if (node == NULL) {
        perror("malloc");
        exit(1);
    }
    node->value = value;
    node->next = head;
    return node;
}

int main(void) {
    Node *head = NULL;
    for (int i = 0; i < 4; i++)
        head = push(head, i * i);
    printf("List:");
    for (Node *at = head; at != NULL; at = at->next)
        printf(" %d", at->value);
    printf("\n");
    return 0;
}
