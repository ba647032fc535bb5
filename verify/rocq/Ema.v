(** Exponential moving averages of a periodic input: m_t = b m_{t-1} + (1 - b) g_t with g_{t+N} = g_t. *)

From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base.
Open Scope R_scope.

(** The average before step t; it starts from m0 and has read g_0, ..., g_{t-1}. *)
Fixpoint ema (b : R) (g : nat -> R) (m0 : R) (t : nat) : R :=
  match t with O => m0 | S s => b * ema b g m0 s + (1 - b) * g s end.

(** (i - j) mod N for j < N: how many steps before step i the input j was read. *)
Definition age (N i j : nat) : nat := ((i + (N - j)) mod N)%nat.

(** The average after step i of an epoch, once it repeats itself. *)
Definition steady (b : R) (N : nat) (g : nat -> R) (i : nat) : R :=
  (1 - b) / (1 - b ^ N) * sum N (fun j => b ^ age N i j * g j).

(** ** Ages *)

Lemma mod_by a N q r : (r < N)%nat -> a = (N * q + r)%nat -> (a mod N)%nat = r.
Proof. intros Hr H. symmetry. exact (Nat.mod_unique a N q r Hr H). Qed.

Lemma age_le N i j : (j <= i < N)%nat -> age N i j = (i - j)%nat.
Proof. intros H. apply (mod_by _ N 1); lia. Qed.

Lemma age_gt N i j : (i < j < N)%nat -> age N i j = (i + N - j)%nat.
Proof. intros H. apply (mod_by _ N 0); lia. Qed.

Definition next (N i : nat) : nat := ((i + 1) mod N)%nat.

Lemma next_cases N i : (i < N)%nat -> (S i < N /\ next N i = S i)%nat \/ (S i = N /\ next N i = 0)%nat.
Proof.
  intros H. unfold next. destruct (Nat.eq_dec (S i) N) as [He|Hn].
  - right. split; [exact He|]. apply (mod_by _ N 1); lia.
  - left. split; [lia|]. apply (mod_by _ N 0); lia.
Qed.

Lemma next_lt N i : (i < N)%nat -> (next N i < N)%nat.
Proof. intros H. destruct (next_cases N i H) as [[? ->]|[? ->]]; lia. Qed.

Lemma age_self N i : (i < N)%nat -> age N i i = 0%nat.
Proof. intros H. rewrite age_le; lia. Qed.

Lemma age_last N i : (i < N)%nat -> age N i (next N i) = (N - 1)%nat.
Proof.
  intros H. destruct (next_cases N i H) as [[? ->]|[? ->]].
  - rewrite age_gt; lia.
  - rewrite age_le; lia.
Qed.

Lemma age_next N i j : (i < N)%nat -> (j < N)%nat -> j <> next N i -> age N (next N i) j = S (age N i j).
Proof.
  intros Hi Hj Hne. destruct (next_cases N i Hi) as [[Hs E]|[Hs E]]; rewrite E in *.
  - destruct (le_lt_dec j i); [rewrite !age_le; lia|rewrite !age_gt; lia].
  - rewrite age_gt, age_le; lia.
Qed.

(** Phases of successive steps. *)
Lemma next_mod N t : (0 < N)%nat -> (S t mod N)%nat = next N (t mod N).
Proof.
  intros HN. unfold next. replace (S t) with (t + 1)%nat by lia. symmetry. apply add_mod_left. lia.
Qed.

Lemma phase N r i : (i < N)%nat -> ((r * N + i) mod N)%nat = i.
Proof. intros H. apply (mod_by _ N r); lia. Qed.

(** A sum over an epoch does not depend on the phase at which it starts. *)
Lemma sum_next N f : sum N (fun i => f (next N i)) = sum N f.
Proof.
  destruct N as [|M]; [reflexivity|]. rewrite (sum_first M f).
  assert (E : sum M (fun i => f (next (S M) i)) = sum M (fun i => f (S i))).
  { apply sum_ext. intros i Hi. f_equal. apply (mod_by _ (S M) 0); lia. }
  assert (L : next (S M) M = 0%nat) by (apply (mod_by _ (S M) 1); lia).
  change (sum M (fun i => f (next (S M) i)) + f (next (S M) M) = f 0%nat + sum M (fun i => f (S i))).
  rewrite E, L. ring.
Qed.

Lemma pow_lt_1 b N : 0 <= b < 1 -> (0 < N)%nat -> 0 <= b ^ N < 1.
Proof.
  intros Hb HN. split; [apply pow_le; lra|]. destruct N as [|M]; [lia|]. simpl.
  assert (b ^ M <= 1) by (rewrite <- (pow1 M); apply pow_incr; lra).
  assert (0 <= b ^ M) by (apply pow_le; lra). nra.
Qed.

(** ** The steady state *)

(** Claims: epoch-map.
    The steady state solves the recursion: $S_{(i+1) \bmod N} = \beta S_i + (1-\beta) g_{(i+1) \bmod N}$ for $S_i =
    \frac{1-\beta}{1-\beta^N} \sum_j \beta^{(i-j) \bmod N} g_j$. *)
Theorem ema_steady_state :
  forall b N g i,
    0 <= b < 1 -> (i < N)%nat ->
    steady b N g (next N i) = b * steady b N g i + (1 - b) * g (next N i).
Proof.
  intros b N g i Hb Hi. destruct (pow_lt_1 b N Hb ltac:(lia)) as [HP0 HP1].
  set (i' := next N i). assert (Hi' : (i' < N)%nat) by (apply next_lt; exact Hi).
  assert (E : sum N (fun j => b ^ age N i' j * g j) - b * sum N (fun j => b ^ age N i j * g j)
              = (1 - b ^ N) * g i').
  { rewrite <- sum_scal, <- sum_minus, (sum_one N _ i' Hi').
    - unfold i' at 1 3. fold i'. rewrite age_self by exact Hi'. unfold i' at 2. rewrite age_last by exact Hi.
      assert (b ^ N = b * b ^ (N - 1)) as -> by (replace N with (S (N - 1)) at 1 by lia; reflexivity).
      simpl (b ^ 0). ring.
    - intros j Hj Hne. unfold i'. rewrite age_next by assumption. simpl. ring. }
  unfold steady. apply (Rmult_eq_reg_l (1 - b ^ N)); [|lra].
  set (A := sum N (fun j => b ^ age N i' j * g j)) in *. set (B := sum N (fun j => b ^ age N i j * g j)) in *.
  transitivity ((1 - b) * A); [field; lra|].
  transitivity ((1 - b) * (b * B + (1 - b ^ N) * g i')); [rewrite <- E; ring|field; lra].
Qed.

(** Claims: epoch-map.
    From every start the average approaches the steady state by the factor $\beta$ a step: $m_t - S_{t \bmod N} =
    \beta^{t+1} (m_{-1} - S_{N-1})$, where $m_t$ is `ema (S t)`. *)
Theorem ema_distance :
  forall b N g m0 t,
    0 <= b < 1 -> (0 < N)%nat ->
    ema b (fun s => g (s mod N)%nat) m0 (S t) - steady b N g (t mod N) = b ^ S t * (m0 - steady b N g (N - 1)).
Proof.
  intros b N g m0 t Hb HN. induction t as [|t IH].
  - rewrite Nat.mod_small by exact HN. pose proof (ema_steady_state b N g (N - 1) Hb ltac:(lia)) as H.
    assert (Hn : next N (N - 1) = 0%nat) by (apply (mod_by _ N 1); lia).
    rewrite Hn in H. rewrite H. simpl ema. rewrite Nat.mod_small by exact HN. simpl. ring.
  - assert (Ht : (t mod N < N)%nat) by (apply Nat.mod_upper_bound; lia).
    cbn [ema] in IH |- *. rewrite (next_mod N t HN) in *.
    rewrite (ema_steady_state b N g (t mod N) Hb Ht). rewrite <- tech_pow_Rmult, Rmult_assoc, <- IH. ring.
Qed.

(** Claims: epoch-map.
    No other periodic sequence solves the recursion: $m_{t+1} = \beta m_t + (1-\beta) g_{(t+1) \bmod N}$ and $m_{t+N}
    = m_t$ imply $m_t = S_{t \bmod N}$. *)
Theorem ema_unique :
  forall b N g m,
    0 <= b < 1 -> (0 < N)%nat ->
    (forall t, m (S t) = b * m t + (1 - b) * g (S t mod N)%nat) -> (forall t, m (t + N)%nat = m t) ->
    forall t, m t = steady b N g (t mod N).
Proof.
  intros b N g m Hb HN Hm Hper.
  assert (E : forall t, m t - steady b N g (t mod N) = b ^ t * (m 0%nat - steady b N g 0)).
  { induction t as [|t IH].
    - rewrite Nat.mod_small by exact HN. simpl. ring.
    - assert (Ht : (t mod N < N)%nat) by (apply Nat.mod_upper_bound; lia).
      rewrite Hm, (next_mod N t HN), (ema_steady_state b N g (t mod N) Hb Ht).
      rewrite <- tech_pow_Rmult, Rmult_assoc, <- IH. ring. }
  assert (H0 : m 0%nat - steady b N g 0 = 0).
  { pose proof (E N) as H. rewrite <- (Nat.mod_unique N N 1 0) in H by lia. rewrite <- (Nat.add_0_l N) in H at 1.
    rewrite Hper in H. destruct (pow_lt_1 b N Hb HN). nra. }
  intros t. specialize (E t). rewrite H0 in E. lra.
Qed.

(** The mean of the steady state is the mean of the input. *)
Lemma steady_sum b N g : 0 <= b < 1 -> (0 < N)%nat -> sum N (steady b N g) = sum N g.
Proof.
  intros Hb HN.
  assert (E : sum N (fun i => steady b N g (next N i)) = sum N (fun i => b * steady b N g i + (1 - b) * g (next N i))).
  { apply sum_ext. intros i Hi. apply ema_steady_state; assumption. }
  rewrite sum_plus, !sum_scal in E. rewrite (sum_next N g) in E.
  rewrite (sum_next N (steady b N g)) in E. apply (Rmult_eq_reg_l (1 - b)); lra.
Qed.

(** Epoch after epoch, the average after step i tends to its steady value. *)
Lemma ema_limit b N g m0 i : 0 <= b < 1 -> (i < N)%nat ->
  is_lim_seq (fun r => ema b (fun s => g (s mod N)%nat) m0 (S (r * N + i))) (steady b N g i).
Proof.
  intros Hb Hi. destruct (pow_lt_1 b N Hb ltac:(lia)) as [HP0 HP1].
  apply (is_lim_seq_ext (fun r => steady b N g i + (b ^ N) ^ r * (b ^ S i * (m0 - steady b N g (N - 1))))).
  - intros r. pose proof (ema_distance b N g m0 (r * N + i) Hb ltac:(lia)) as H.
    rewrite phase in H by exact Hi. rewrite <- pow_mult.
    replace (S (r * N + i)) with (N * r + S i)%nat in H at 2 by lia. rewrite pow_add in H. lra.
  - replace (Finite (steady b N g i)) with (Finite (steady b N g i + 0 * (b ^ S i * (m0 - steady b N g (N - 1)))))
      by (f_equal; ring).
    apply is_lim_seq_plus'; [apply is_lim_seq_const|].
    apply is_lim_seq_mult'; [|apply is_lim_seq_const].
    apply is_lim_seq_geom. rewrite Rabs_right; lra.
Qed.

Lemma is_lim_seq_sum n (f : nat -> nat -> R) (l : nat -> R) :
  (forall i, (i < n)%nat -> is_lim_seq (fun r => f r i) (l i)) ->
  is_lim_seq (fun r => sum n (f r)) (sum n l).
Proof.
  induction n as [|n IH]; intros H; simpl; [apply is_lim_seq_const|].
  apply is_lim_seq_plus'; [apply IH; intros; apply H; lia|apply H; lia].
Qed.
