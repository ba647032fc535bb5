(** Per-sample Adam over an epoch of frozen gradients, and its limit beta2 -> 1.

    Adam acts on each coordinate alone: m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, w = w - eta m / sqrt v, without
    eps and without bias correction.  An epoch has N steps, one for each sample or for each batch, in cyclic order;
    G q k stands for the direction opposite to the gradient at step q of the epoch, in coordinate k: c_q x_q for
    samples, the sum of c_j x_j over the batch for batches. *)

From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base Ema.
Open Scope R_scope.

(** Adam's update m_t / sqrt v_t at step t, on the gradients g, from the moments m0 and v0. *)
Definition adam_update (b1 b2 : R) (g : nat -> R) (m0 v0 : R) (t : nat) : R :=
  ema b1 g m0 (S t) / sqrt (ema b2 (fun s => g s * g s) v0 (S t)).

(** C(b1, b2) = (1 - b1)/(1 - b1^N) sqrt((1 - b2^N)/(1 - b2)). *)
Definition adam_constant (b1 b2 : R) (N : nat) : R :=
  (1 - b1) / (1 - b1 ^ N) * sqrt ((1 - b2 ^ N) / (1 - b2)).

(** U(c) of per-sample Adam: (C/N) sum_i [sum_j b1^((i-j) mod N) G_j] / sqrt(sum_j b2^((i-j) mod N) G_j^2). *)
Definition adam_field (b1 b2 : R) (N : nat) (G : nat -> nat -> R) (k : nat) : R :=
  adam_constant b1 b2 N / INR N *
  sum N (fun i => sum N (fun j => b1 ^ age N i j * G j k) / sqrt (sum N (fun j => b2 ^ age N i j * (G j k * G j k)))).

(** U(c) of AdamProxy: X'c / (N sqrt((X*X)'(c*c))), with G_j = c_j x_j. *)
Definition proxy_field (N : nat) (G : nat -> nat -> R) (k : nat) : R :=
  sum N (fun j => G j k) / (INR N * sqrt (sum N (fun j => G j k * G j k))).

(** Rows with their weights, and the sums of batches of size b. *)
Definition samples (c : nat -> R) (X : nat -> nat -> R) : nat -> nat -> R := fun j k => c j * X j k.
Definition batches (b : nat) (c : nat -> R) (X : nat -> nat -> R) : nat -> nat -> R :=
  fun q k => sum b (fun s => c (q * b + s)%nat * X (q * b + s)%nat k).

(** ** One step at the steady state *)

Lemma squares_pos b N (G : nat -> nat -> R) k i : 0 < b -> (exists j, (j < N)%nat /\ G j k <> 0) ->
  0 < sum N (fun j => b ^ age N i j * (G j k * G j k)).
Proof.
  intros Hb [j [Hj Hne]].
  assert (Hnn : forall l, 0 <= b ^ age N i l * (G l k * G l k)).
  { intros l. apply Rmult_le_pos; [apply pow_le; lra|]. pose proof (Rle_0_sqr (G l k)) as H. exact H. }
  apply (sum_pos N _ j); [intros; apply Hnn|exact Hj|].
  apply Rmult_lt_0_compat; [apply pow_lt; exact Hb|]. pose proof (Rsqr_pos_lt _ Hne) as H. exact H.
Qed.

Lemma sqrt_invert a b : 0 < a -> 0 < b -> sqrt (a / b) * sqrt (b / a) = 1.
Proof.
  intros Ha Hb. rewrite <- sqrt_mult by (apply Rlt_le, Rdiv_lt_0_compat; assumption).
  replace (a / b * (b / a)) with 1 by (field; lra). apply sqrt_1.
Qed.

(** The steady update of step i, on gradients - a G with a > 0. *)
Lemma steady_update b1 b2 N (G : nat -> nat -> R) k a i :
  0 <= b1 < 1 -> 0 < b2 < 1 -> 0 < a -> (i < N)%nat -> (exists j, (j < N)%nat /\ G j k <> 0) ->
  steady b1 N (fun j => - (a * G j k)) i / sqrt (steady b2 N (fun j => (- (a * G j k)) * (- (a * G j k))) i)
  = - (adam_constant b1 b2 N *
       (sum N (fun j => b1 ^ age N i j * G j k) / sqrt (sum N (fun j => b2 ^ age N i j * (G j k * G j k))))).
Proof.
  intros Hb1 Hb2 Ha Hi Hex. destruct (pow_lt_1 b1 N Hb1 ltac:(lia)) as [O1 P1].
  destruct (pow_lt_1 b2 N ltac:(lra) ltac:(lia)) as [O2 P2].
  pose proof (squares_pos b2 N G k i ltac:(lra) Hex) as Hq. unfold steady, adam_constant.
  set (Q := sum N (fun j => b2 ^ age N i j * (G j k * G j k))) in *.
  rewrite (sum_ext N (fun j => b1 ^ age N i j * _) (fun j => - a * (b1 ^ age N i j * G j k))) by (intros; ring).
  rewrite (sum_ext N (fun j => b2 ^ age N i j * _) (fun j => (a * a) * (b2 ^ age N i j * (G j k * G j k))))
    by (intros; ring).
  rewrite !sum_scal. fold Q. set (P := sum N (fun j => b1 ^ age N i j * G j k)).
  assert (H2 : 0 < (1 - b2) / (1 - b2 ^ N)) by (apply Rdiv_lt_0_compat; lra).
  rewrite (sqrt_mult ((1 - b2) / (1 - b2 ^ N))) by nra. rewrite (sqrt_mult (a * a)) by nra.
  rewrite sqrt_square by lra.
  pose proof (sqrt_invert (1 - b2) (1 - b2 ^ N) ltac:(lra) ltac:(lra)) as Hinv.
  pose proof (sqrt_lt_R0 _ H2) as Hs. pose proof (sqrt_lt_R0 _ Hq) as Hsq.
  assert (E : sqrt ((1 - b2 ^ N) / (1 - b2)) = / sqrt ((1 - b2) / (1 - b2 ^ N))).
  { apply (Rmult_eq_reg_l (sqrt ((1 - b2) / (1 - b2 ^ N)))); [|lra]. rewrite Hinv. field. lra. }
  rewrite E. field. repeat split; lra.
Qed.

(** ** The epoch map *)

(** Claims: epoch-map.
    On frozen gradients $-a\,G_j$ of period $N$, from all moments $m_0, v_0$, the mean update of epoch $r$ tends as
    $r \to \infty$ to $-U_k$, $U_k = \frac{C(\beta_1, \beta_2)}{N} \sum_i \frac{\sum_j \beta_1^{(i-j) \bmod N}
    G_j}{\sqrt{\sum_j \beta_2^{(i-j) \bmod N} G_j^2}}$: the displacement of an epoch is $\eta N U_k$ in the limit. *)
Theorem epoch_map :
  forall b1 b2 N G k a m0 v0,
    0 <= b1 < 1 -> 0 < b2 < 1 -> 0 < a -> (exists j, (j < N)%nat /\ G j k <> 0) ->
    is_lim_seq
      (fun r => / INR N * sum N (fun i => adam_update b1 b2 (fun t => - (a * G (t mod N)%nat k)) m0 v0 (r * N + i)))
      (- adam_field b1 b2 N G k).
Proof.
  intros b1 b2 N G k a m0 v0 Hb1 Hb2 Ha Hex. destruct Hex as [j0 [Hj0 Hne]].
  set (g := fun j => - (a * G j k)).
  assert (HN : INR N <> 0) by (apply not_0_INR; lia).
  replace (Finite (- adam_field b1 b2 N G k))
    with (Finite (/ INR N * sum N (fun i => steady b1 N g i / sqrt (steady b2 N (fun j => g j * g j) i)))).
  - apply is_lim_seq_mult'; [apply is_lim_seq_const|].
    apply is_lim_seq_sum. intros i Hi. unfold adam_update.
    destruct (pow_lt_1 b2 N ltac:(lra) ltac:(lia)) as [P0 P1].
    assert (Hs : 0 < steady b2 N (fun j => g j * g j) i).
    { unfold steady. apply Rmult_lt_0_compat; [apply Rdiv_lt_0_compat; lra|].
      rewrite (sum_ext N _ (fun j => (a * a) * (b2 ^ age N i j * (G j k * G j k)))) by (intros; unfold g; ring).
      rewrite sum_scal. apply Rmult_lt_0_compat; [nra|]. apply squares_pos; [lra|exists j0; auto]. }
    apply is_lim_seq_div'.
    + exact (ema_limit b1 N g m0 i Hb1 Hi).
    + apply (is_lim_seq_continuous sqrt); [apply continuity_pt_sqrt; lra|].
      exact (ema_limit b2 N (fun j => g j * g j) v0 i ltac:(lra) Hi).
    + apply Rgt_not_eq, sqrt_lt_R0, Hs.
  - f_equal. unfold adam_field.
    rewrite (sum_ext N _ (fun i => - adam_constant b1 b2 N *
       (sum N (fun j => b1 ^ age N i j * G j k) / sqrt (sum N (fun j => b2 ^ age N i j * (G j k * G j k)))))).
    + rewrite sum_scal. field. exact HN.
    + intros i Hi. unfold g. rewrite (steady_update b1 b2 N G k a i Hb1 Hb2 Ha Hi) by (exists j0; auto). ring.
Qed.

(** Claims: epoch-map.
    The epoch map with its constant $C(\beta_1, \beta_2)$ for samples: the frozen gradients are $-c_j x_j$. *)
Theorem epoch_map_samples :
  forall b1 b2 N X c k m0 v0,
    0 <= b1 < 1 -> 0 < b2 < 1 -> (exists j, (j < N)%nat /\ c j * X j k <> 0) ->
    is_lim_seq
      (fun r => / INR N * sum N (fun i => adam_update b1 b2 (fun t => - (c (t mod N) * X (t mod N) k)) m0 v0 (r * N + i)))
      (- adam_field b1 b2 N (samples c X) k).
Proof.
  intros b1 b2 N X c k m0 v0 Hb1 Hb2 Hex.
  eapply is_lim_seq_ext; [|apply (epoch_map b1 b2 N (samples c X) k 1 m0 v0 Hb1 Hb2 Rlt_0_1 Hex)].
  intros r. cbv beta. f_equal. apply sum_ext. intros i _. unfold adam_update. unfold samples.
  assert (E : forall f g m0 b n, (forall t, f t = g t) -> ema b f m0 n = ema b g m0 n).
  { intros f g m b n H. induction n as [|n IH]; simpl; [reflexivity|]. rewrite IH, H. reflexivity. }
  f_equal; [|f_equal]; apply E; intros; ring.
Qed.

(** Claims: epoch-map.
    The epoch map for $B$ batches of size $b$ in cyclic order: the frozen gradients are $-\frac1b \sum_{j \in q} c_j
    x_j$; the sums of batches take the place of $c_j x_j$ and $B$ that of $N$. *)
Theorem epoch_map_batches :
  forall b1 b2 B b X c k m0 v0,
    0 <= b1 < 1 -> 0 < b2 < 1 -> (0 < b)%nat -> (exists q, (q < B)%nat /\ batches b c X q k <> 0) ->
    is_lim_seq
      (fun r => / INR B * sum B (fun i => adam_update b1 b2 (fun t => - (/ INR b * batches b c X (t mod B) k)) m0 v0 (r * B + i)))
      (- adam_field b1 b2 B (batches b c X) k).
Proof.
  intros b1 b2 B b X c k m0 v0 Hb1 Hb2 Hb Hex.
  apply epoch_map; try assumption. apply Rinv_0_lt_compat, lt_0_INR. exact Hb.
Qed.

(** Claims: full-batch-linf, full-batch-sign.
    At one batch an epoch, $U_k = G_k / |G_k|$: full-batch Adam on a frozen gradient goes to its sign. *)
Theorem full_batch_field_is_sign :
  forall b1 b2 G k,
    0 <= b1 < 1 -> 0 < b2 < 1 -> G 0%nat k <> 0 ->
    adam_field b1 b2 1 G k = G 0%nat k / Rabs (G 0%nat k).
Proof.
  intros b1 b2 G k Hb1 Hb2 Hne. unfold adam_field, adam_constant. simpl.
  change (age 1 0 0) with 0%nat. simpl. rewrite !Rplus_0_l, !Rmult_1_l, !Rmult_1_r.
  fold (Rsqr (G 0%nat k)). rewrite sqrt_Rsqr_abs. replace ((1 - b2) / (1 - b2)) with 1 by (field; lra).
  rewrite sqrt_1. field. split; [apply Rabs_no_R0; exact Hne|lra].
Qed.

(** ** The limit beta2 -> 1 *)

Lemma geometric b n : (1 - b) * sum n (fun s => b ^ s) = 1 - b ^ n.
Proof. induction n as [|n IH]; simpl; [ring|]. rewrite Rmult_plus_distr_l, IH. ring. Qed.

Lemma continuous_sum n (f : nat -> R -> R) x :
  (forall i, continuity_pt (f i) x) -> continuity_pt (fun y => sum n (fun i => f i y)) x.
Proof.
  intros H. induction n as [|n IH]; simpl.
  - apply continuity_pt_const. intros a b. reflexivity.
  - apply (continuity_pt_plus (fun y => sum n (fun i => f i y)) (f n) x IH (H n)).
Qed.

Lemma continuous_pow n x : continuity_pt (fun y => y ^ n) x.
Proof. apply derivable_continuous_pt, derivable_pt_pow. Qed.

(** Claims: proxy-limit.
    For fixed $\beta_1$, from both sides: $\lim_{\beta_2 \to 1} U_k = \sqrt N \cdot \frac{\sum_j G_j}{N \sqrt{\sum_j
    G_j^2}}$, which is $\sqrt N$ times AdamProxy's $U_k$. *)
Theorem proxy_limit :
  forall b1 N G k,
    0 <= b1 < 1 -> (exists j, (j < N)%nat /\ G j k <> 0) ->
    is_lim (fun b2 => adam_field b1 b2 N G k) 1 (sqrt (INR N) * proxy_field N G k).
Proof.
  intros b1 N G k Hb1 Hex. assert (HN : (0 < N)%nat) by (destruct Hex as [j [Hj _]]; lia).
  destruct (pow_lt_1 b1 N Hb1 HN) as [P0 P1].
  assert (HIN : 0 < INR N) by (apply lt_0_INR; exact HN).
  set (Q := fun i b2 => sum N (fun j => b2 ^ age N i j * (G j k * G j k))).
  set (P := fun i => sum N (fun j => b1 ^ age N i j * G j k)).
  set (h := fun b2 => (1 - b1) / (1 - b1 ^ N) * sqrt (sum N (fun s => b2 ^ s)) / INR N * sum N (fun i => P i / sqrt (Q i b2))).
  assert (HQ1 : forall i, Q i 1 = sum N (fun j => G j k * G j k)).
  { intros i. unfold Q. apply sum_ext. intros j _. rewrite pow1. ring. }
  assert (HQpos : 0 < sum N (fun j => G j k * G j k)).
  { rewrite <- (HQ1 0%nat). apply squares_pos; [lra|exact Hex]. }
  assert (Hg1 : sum N (fun s => 1 ^ s) = INR N).
  { rewrite (sum_ext N _ (fun _ => 1)) by (intros; apply pow1). rewrite sum_const. ring. }
  replace (Finite (sqrt (INR N) * proxy_field N G k)) with (Finite (h 1)).
  - apply (is_lim_ext_loc h).
    + exists (mkposreal 1 Rlt_0_1). intros y Hy Hne. unfold h, adam_field, adam_constant.
      replace (sum N (fun s => y ^ s)) with ((1 - y ^ N) / (1 - y)); [reflexivity|].
      rewrite <- geometric. field. lra.
    + apply is_lim_continuity. unfold h.
      assert (Hsum : forall f : nat -> R -> R, (forall i, continuity_pt (f i) 1) -> continuity_pt (fun y => sum N (fun i => f i y)) 1)
        by (intros; apply continuous_sum; assumption).
      apply (continuity_pt_mult (fun b2 => (1 - b1) / (1 - b1 ^ N) * sqrt (sum N (fun s => b2 ^ s)) / INR N)).
      * apply (continuity_pt_mult (fun b2 => (1 - b1) / (1 - b1 ^ N) * sqrt (sum N (fun s => b2 ^ s))) (fun _ => / INR N)).
        -- apply (continuity_pt_mult (fun _ => (1 - b1) / (1 - b1 ^ N)) (fun b2 => sqrt (sum N (fun s => b2 ^ s)))).
           ++ apply continuity_pt_const. intros ? ?; reflexivity.
           ++ apply (continuity_pt_comp (fun b2 => sum N (fun s => b2 ^ s)) sqrt).
              ** apply (Hsum (fun s b2 => b2 ^ s)). intros; apply continuous_pow.
              ** apply continuity_pt_sqrt. rewrite Hg1. lra.
        -- apply continuity_pt_const. intros ? ?; reflexivity.
      * apply (Hsum (fun i b2 => P i / sqrt (Q i b2))). intros i.
        apply (continuity_pt_mult (fun _ => P i) (fun b2 => / sqrt (Q i b2))).
        -- apply continuity_pt_const. intros ? ?; reflexivity.
        -- apply (continuity_pt_inv (fun b2 => sqrt (Q i b2))).
           ++ apply (continuity_pt_comp (Q i) sqrt).
              ** apply (Hsum (fun j b2 => b2 ^ age N i j * (G j k * G j k))). intros j.
                 apply (continuity_pt_mult (fun b2 => b2 ^ age N i j) (fun _ => G j k * G j k)).
                 --- apply continuous_pow.
                 --- apply continuity_pt_const. intros ? ?; reflexivity.
              ** apply continuity_pt_sqrt. rewrite HQ1. lra.
           ++ rewrite HQ1. apply Rgt_not_eq, sqrt_lt_R0. exact HQpos.
  - f_equal. unfold h, proxy_field. rewrite Hg1.
    set (q := sum N (fun j => G j k * G j k)) in *. pose proof (sqrt_lt_R0 q HQpos) as Hs.
    rewrite (sum_ext N _ (fun i => / sqrt q * P i)).
    + rewrite sum_scal.
      assert (E : (1 - b1) / (1 - b1 ^ N) * sum N P = sum N (fun j => G j k)).
      { rewrite <- (steady_sum b1 N (fun j => G j k) Hb1 HN), <- sum_scal. reflexivity. }
      rewrite <- E. field. repeat split; lra.
    + intros i _. rewrite HQ1. unfold Rdiv. ring.
Qed.
