from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments

MODEL = "distilbert-base-uncased"
dataset = load_dataset("imdb")
tokenizer = AutoTokenizer.from_pretrained(MODEL)
encoded = dataset.map(lambda batch: tokenizer(batch["text"], truncation=True), batched=True)
model = AutoModelForSequenceClassification.from_pretrained(MODEL, num_labels=2)
args = TrainingArguments("out", num_train_epochs=2, per_device_train_batch_size=16, evaluation_strategy="epoch")
trainer = Trainer(model, args, train_dataset=encoded["train"], eval_dataset=encoded["test"], tokenizer=tokenizer)
trainer.train()
metrics = trainer.evaluate()
print(f"eval loss {metrics['eval_loss']:.4f}")
print("done")
