(** Margin bounds at every step, for the exponential loss: sign descent, normalized gradient descent, AdamProxy. *)

From Coq Require Import Reals Lra Lia Arith.
From Coquelicot Require Import Coquelicot.
From Marginproof Require Import Base MaxMargin Ema EpochMap Hoeffding.
Open Scope R_scope.

(** tau_t = eta_0 + ... + eta_{t-1}, and the sum of the squares. *)
Definition tau (eta : nat -> R) (t : nat) : R := sum t eta.
Definition squares (eta : nat -> R) (t : nat) : R := sum t (fun s => eta s * eta s).

(** A run from w = 0 whose step t goes by eta_t along the direction u(c), c = exp(-x_i . w_t) being the weights of the
    exponential loss; for a rule of degree 0 their common factor does not matter. *)
Definition run (N d : nat) (X : nat -> nat -> R) (u : (nat -> R) -> nat -> R) (eta : nat -> R) (w : nat -> nat -> R) : Prop :=
  (forall k, (k < d)%nat -> w 0%nat k = 0) /\
  forall t k, (k < d)%nat -> w (S t) k = w t k + eta t * u (weight d X (w t)) k.

(** The directions: sign(X'c), X'c / ||X'c||_2, AdamProxy's. *)
Definition sign_direction (N : nat) (X : nat -> nat -> R) (c : nat -> R) : nat -> R := fun k => sign (combine N X c k).
Definition normalized_direction (N d : nat) (X : nat -> nat -> R) (c : nat -> R) : nat -> R :=
  fun k => combine N X c k / l2 d (combine N X c).
Definition proxy_direction (N : nat) (X : nat -> nat -> R) (c : nat -> R) : nat -> R := proxy_field N (samples c X).

(** If steps along u_t make progress at the rate g in the softmax weights, and growths differ by at most D, then
    g tau <= min z + log N + (D^2/8) sum eta^2. *)
Lemma margin_bound_along N d X (u : nat -> nat -> R) eta w g D :
  (0 < N)%nat -> (forall t, 0 <= eta t) -> (forall k, (k < d)%nat -> w 0%nat k = 0) ->
  (forall t k, (k < d)%nat -> w (S t) k = w t k + eta t * u t k) ->
  (forall t, g <= dot d (combine N X (softmax N d X (w t))) (u t)) ->
  (forall t i j, (i < N)%nat -> (j < N)%nat -> dot d (X i) (u t) - dot d (X j) (u t) <= D) ->
  forall t i, (i < N)%nat ->
    g * tau eta t <= dot d (X i) (w t) + ln (INR N) + D * D / 8 * squares eta t.
Proof.
  intros HN Heta H0 Hrun Hg HD.
  assert (P : forall t, phi N d X (w t) <= ln (INR N) - g * tau eta t + D * D / 8 * squares eta t).
  { induction t as [|t IH].
    - rewrite (phi_zero N d X (w 0%nat) H0). unfold tau, squares. simpl. lra.
    - pose proof (phi_step N d X (w t) (w (S t)) (u t) (eta t) D HN (Heta t) (HD t) (Hrun t)) as H.
      specialize (Hg t). specialize (Heta t).
      assert (eta t * g <= eta t * dot d (combine N X (softmax N d X (w t))) (u t)) by (apply Rmult_le_compat_l; assumption).
      unfold tau, squares in *. cbn [sum]. lra. }
  intros t i Hi. specialize (P t). pose proof (margin_ge_phi N d X (w t) i Hi). lra.
Qed.

Lemma margin_bound N d X u eta w g D :
  (0 < N)%nat -> (forall t, 0 <= eta t) -> run N d X u eta w ->
  (forall t, g <= dot d (combine N X (softmax N d X (w t))) (u (weight d X (w t)))) ->
  (forall t i j, (i < N)%nat -> (j < N)%nat ->
     dot d (X i) (u (weight d X (w t))) - dot d (X j) (u (weight d X (w t))) <= D) ->
  forall t i, (i < N)%nat ->
    g * tau eta t <= dot d (X i) (w t) + ln (INR N) + D * D / 8 * squares eta t.
Proof. intros HN Heta [H0 Hrun]. exact (margin_bound_along N d X (fun t => u (weight d X (w t))) eta w g D HN Heta H0 Hrun). Qed.

(** X'softmax is X'weights up to a positive factor. *)
Lemma combine_softmax N d X w k :
  combine N X (softmax N d X w) k = / sum N (weight d X w) * combine N X (weight d X w) k.
Proof. unfold combine. rewrite <- sum_scal. apply sum_ext. intros i _. unfold softmax, Rdiv. ring. Qed.

Lemma dot_difference d x y u : dot d x u - dot d y u = dot d (fun k => x k - y k) u.
Proof. symmetry. apply dot_minus_l. Qed.

Lemma abs_sign x : Rabs (sign x) <= 1.
Proof.
  destruct (Rtotal_order x 0) as [H|[->|H]].
  - rewrite sign_eq_m1 by exact H. rewrite Rabs_left; lra.
  - rewrite sign_0, Rabs_R0. lra.
  - rewrite sign_eq_1, Rabs_R1 by exact H. lra.
Qed.

Lemma times_sign x : x * sign x = Rabs x.
Proof.
  destruct (Rtotal_order x 0) as [H|[->|H]].
  - rewrite sign_eq_m1, Rabs_left by exact H. ring.
  - rewrite Rabs_R0. ring.
  - rewrite sign_eq_1, Rabs_right by lra. ring.
Qed.

(** Claims: full-batch-linf, signum-linf, finite-time-margins.
    If some $u^*$ with $\|u^*\|_\infty \le 1$ has $x_i^\top u^* \ge \gamma$ for all $i$, and $\|x_i - x_j\|_1 \le D$,
    then sign descent on the exponential loss from $w_0 = 0$ has $\gamma\,\tau_t \le \min_i x_i^\top w_t + \log N +
    \frac{D^2}{8} \sum_{s<t} \eta_s^2$ at every step. *)
Theorem sign_descent_margin :
  forall N d X eta w best g D,
    (0 < N)%nat -> (forall t, 0 <= eta t) ->
    linf d best <= 1 -> (forall i, (i < N)%nat -> g <= dot d (X i) best) ->
    (forall i j, (i < N)%nat -> (j < N)%nat -> l1 d (fun k => X i k - X j k) <= D) ->
    run N d X (sign_direction N X) eta w ->
    forall t i, (i < N)%nat ->
      g * tau eta t <= dot d (X i) (w t) + ln (INR N) + D * D / 8 * squares eta t.
Proof.
  intros N d X eta w best g D HN Heta Hb Hm HD Hrun.
  apply (margin_bound N d X (sign_direction N X) eta w g D HN Heta Hrun).
  - intros t. set (q := softmax N d X (w t)).
    pose proof (linf_weak_duality N d X best q g Hb Hm (softmax_simplex N d X (w t) HN)) as H.
    eapply Rle_trans; [exact H|]. apply Req_le. apply sum_ext. intros k _. rewrite <- times_sign. f_equal.
    unfold sign_direction, q. rewrite combine_softmax.
    assert (Hp : 0 < / sum N (weight d X (w t))) by (apply Rinv_0_lt_compat, weights_sum_pos; exact HN).
    set (s := combine N X (weight d X (w t)) k). destruct (Rtotal_order s 0) as [Hl|[->|Hl]].
    + rewrite !sign_eq_m1; [reflexivity|exact Hl|nra].
    + rewrite Rmult_0_r. reflexivity.
    + rewrite !sign_eq_1; [reflexivity|exact Hl|nra].
  - intros t i j Hi Hj. rewrite dot_difference. eapply Rle_trans; [apply hoelder|].
    specialize (HD i j Hi Hj). pose proof (l1_nonneg d (fun k => X i k - X j k)).
    assert (linf d (sign_direction N X (weight d X (w t))) <= 1) by (apply linf_le; [lra|intros; apply abs_sign]).
    pose proof (linf_nonneg d (sign_direction N X (weight d X (w t)))). nra.
Qed.

(** Claims: gd-l2, finite-time-margins.
    If some $u^*$ with $\|u^*\|_2 \le 1$ has $x_i^\top u^* \ge \gamma > 0$ for all $i$, and $\|x_i - x_j\|_2 \le D$,
    then normalized gradient descent on the exponential loss from $w_0 = 0$ has $\gamma\,\tau_t \le \min_i x_i^\top
    w_t + \log N + \frac{D^2}{8} \sum_{s<t} \eta_s^2$ at every step. *)
Theorem normalized_descent_margin :
  forall N d X eta w best g D,
    (0 < N)%nat -> (forall t, 0 <= eta t) -> 0 < g ->
    l2 d best <= 1 -> (forall i, (i < N)%nat -> g <= dot d (X i) best) ->
    (forall i j, (i < N)%nat -> (j < N)%nat -> l2 d (fun k => X i k - X j k) <= D) ->
    run N d X (normalized_direction N d X) eta w ->
    forall t i, (i < N)%nat ->
      g * tau eta t <= dot d (X i) (w t) + ln (INR N) + D * D / 8 * squares eta t.
Proof.
  intros N d X eta w best g D HN Heta Hg Hb Hm HD Hrun.
  assert (Hpos : forall t, 0 < l2 d (combine N X (softmax N d X (w t)))).
  { intros t. pose proof (l2_weak_duality N d X best _ g Hb Hm (softmax_simplex N d X (w t) HN)). lra. }
  assert (E : forall t, exists r, 0 < r /\ l2 d (combine N X (weight d X (w t))) = r * l2 d (combine N X (softmax N d X (w t))) /\
     forall k, combine N X (weight d X (w t)) k = r * combine N X (softmax N d X (w t)) k).
  { intros t. pose proof (weights_sum_pos N d X (w t) HN) as Hs. exists (sum N (weight d X (w t))).
    assert (Ek : forall k, combine N X (weight d X (w t)) k = sum N (weight d X (w t)) * combine N X (softmax N d X (w t)) k)
      by (intros k; rewrite combine_softmax; field; lra).
    split; [exact Hs|]. split; [|exact Ek]. unfold l2 at 1.
    rewrite (dot_ext d _ _ _ (fun k _ => Ek k)), (dot_ext_l d _ _ _ (fun k _ => Ek k)), dot_scal_r, dot_scal_l, <- l2_sqr.
    match goal with |- sqrt (?a * (?a * (?b * ?b))) = _ => replace (a * (a * (b * b))) with (Rsqr (a * b)) by (unfold Rsqr; ring) end.
    apply sqrt_Rsqr. apply Rmult_le_pos; [lra|apply l2_nonneg]. }
  assert (U : forall t k, normalized_direction N d X (weight d X (w t)) k
     = / l2 d (combine N X (softmax N d X (w t))) * combine N X (softmax N d X (w t)) k).
  { intros t k. destruct (E t) as [r [Hr [E1 E2]]]. unfold normalized_direction. rewrite E1, E2.
    specialize (Hpos t). field. lra. }
  apply (margin_bound N d X (normalized_direction N d X) eta w g D HN Heta Hrun).
  - intros t. pose proof (l2_weak_duality N d X best _ g Hb Hm (softmax_simplex N d X (w t) HN)) as H.
    eapply Rle_trans; [exact H|]. apply Req_le. specialize (Hpos t).
    rewrite (dot_ext d _ _ _ (fun k _ => U t k)), dot_scal_r, <- l2_sqr. field. lra.
  - intros t i j Hi Hj. rewrite dot_difference. eapply Rle_trans; [apply cauchy_schwarz|].
    assert (L : l2 d (normalized_direction N d X (weight d X (w t))) = 1).
    { specialize (Hpos t). unfold l2 at 1. rewrite (dot_ext d _ _ _ (fun k _ => U t k)), (dot_ext_l d _ _ _ (fun k _ => U t k)).
      rewrite dot_scal_r, dot_scal_l, <- l2_sqr. rewrite <- sqrt_1. f_equal. field. lra. }
    rewrite L, Rmult_1_r. apply HD; assumption.
Qed.


(** ** AdamProxy *)

Lemma sum_squares_le N a : sum N (fun j => a j * a j) <= sum N (fun j => Rabs (a j)) * sum N (fun j => Rabs (a j)).
Proof.
  induction N as [|N IH]; [simpl; lra|]. cbn [sum].
  assert (0 <= sum N (fun j => Rabs (a j))) by (apply sum_nonneg; intros; apply Rabs_pos).
  pose proof (Rabs_pos (a N)). pose proof (Rsqr_abs (a N)) as E. unfold Rsqr in E. nra.
Qed.

(** The progress of AdamProxy's direction, at any weights of the simplex.
    LaTeX: \sum_k \frac{s_k^2}{N \delta_k} \ge \frac{\gamma^2}{N R} for s = X^\top q with \|s\|_1 \ge \gamma and
    \delta_k = \sqrt{\sum_j q_j^2 x_{jk}^2}, R \ge \|x_i\|_1.  Where \delta_k = 0 also s_k = 0, and 0/0 = 0. *)
Lemma proxy_progress N d X q g R :
  (0 < N)%nat -> simplex N q -> 0 <= g -> 0 < R -> (forall i, (i < N)%nat -> l1 d (X i) <= R) ->
  g <= l1 d (combine N X q) ->
  g * g / (INR N * R) <= dot d (combine N X q) (proxy_field N (samples q X)).
Proof.
  intros HN [Hq0 Hq1] Hg HR Hx Hs. assert (HIN : 0 < INR N) by (apply lt_0_INR; exact HN).
  set (s := combine N X q) in *. set (del := fun k => sqrt (sum N (fun j => samples q X j k * samples q X j k))).
  assert (Hdel0 : forall k, 0 <= del k) by (intros; apply sqrt_pos).
  assert (Hdel : sum d del <= R).
  { apply Rle_trans with (sum d (fun k => sum N (fun j => q j * Rabs (X j k)))).
    - apply sum_le. intros k _.
      assert (Ha : sum N (fun j => Rabs (samples q X j k)) = sum N (fun j => q j * Rabs (X j k))).
      { apply sum_ext. intros j Hj. unfold samples. rewrite Rabs_mult, Rabs_right; [reflexivity|apply Rle_ge; auto]. }
      rewrite <- Ha. unfold del.
      assert (H0 : 0 <= sum N (fun j => Rabs (samples q X j k))) by (apply sum_nonneg; intros; apply Rabs_pos).
      rewrite <- (sqrt_square _ H0). apply sqrt_le_1_alt. apply sum_squares_le.
    - rewrite sum_swap. rewrite <- (Rmult_1_l R), <- Hq1, <- sum_scal_r. apply sum_le. intros j Hj.
      rewrite sum_scal. apply Rmult_le_compat_l; [auto|apply Hx; exact Hj]. }
  set (mu := l1 d s / R). assert (Hmu : 0 <= mu).
  { unfold mu. apply Rmult_le_pos; [apply l1_nonneg|apply Rlt_le, Rinv_0_lt_compat; exact HR]. }
  assert (Hk : forall k, 2 * mu * Rabs (s k) - mu * mu * del k <= INR N * (s k * proxy_field N (samples q X) k)).
  { intros k. unfold proxy_field. fold (del k). change (sum N (fun j => samples q X j k)) with (s k).
    destruct (Hdel0 k) as [Hp|Hz].
    - replace (INR N * (s k * (s k / (INR N * del k)))) with (s k * s k / del k) by (field; lra).
      apply (Rmult_le_reg_r (del k)); [exact Hp|]. replace (s k * s k / del k * del k) with (s k * s k) by (field; lra).
      pose proof (Rsqr_abs (s k)) as E. unfold Rsqr in E. rewrite E. pose proof (Rle_0_sqr (Rabs (s k) - mu * del k)) as Q.
      unfold Rsqr in Q. lra.
    - assert (Hzero : forall j, (j < N)%nat -> samples q X j k * samples q X j k = 0).
      { apply (sum_eq_0 N (fun j => samples q X j k * samples q X j k)).
        - intros j _. pose proof (Rle_0_sqr (samples q X j k)) as Q; exact Q.
        - apply sqrt_eq_0; [|symmetry; exact Hz]. apply sum_nonneg. intros j _.
          pose proof (Rle_0_sqr (samples q X j k)) as Q; exact Q. }
      assert (Hsk : s k = 0).
      { apply sum_zero. intros j Hj. specialize (Hzero j Hj). unfold samples in Hzero. nra. }
      rewrite Hsk, <- Hz, Rabs_R0. lra. }
  assert (Hsum : 2 * mu * l1 d s - mu * mu * sum d del <= INR N * dot d s (proxy_field N (samples q X))).
  { unfold l1, dot. rewrite <- (sum_scal d (2 * mu)), <- (sum_scal d (mu * mu)), <- sum_minus, <- sum_scal. apply sum_le.
    intros k _. apply Hk. }
  apply (Rmult_le_reg_l (INR N)); [exact HIN|]. eapply Rle_trans; [|exact Hsum].
  assert (E : INR N * (g * g / (INR N * R)) = g * g / R) by (field; lra). rewrite E.
  assert (Hmm : mu * mu * sum d del <= mu * mu * R) by (apply Rmult_le_compat_l; [nra|exact Hdel]).
  assert (Em : 2 * mu * l1 d s - mu * mu * R = l1 d s * l1 d s / R) by (unfold mu; field; lra).
  assert (g * g / R <= l1 d s * l1 d s / R); [|lra].
  apply Rmult_le_compat_r; [apply Rlt_le, Rinv_0_lt_compat; exact HR|nra].
Qed.

(** AdamProxy's direction does not depend on the size of the weights. *)
Lemma proxy_scale N X c r k : 0 < r -> proxy_field N (samples (fun i => r * c i) X) k = proxy_field N (samples c X) k.
Proof.
  intros Hr. unfold proxy_field.
  rewrite (sum_ext N (fun j => samples (fun i => r * c i) X j k) (fun j => r * samples c X j k)) by (intros; unfold samples; ring).
  rewrite (sum_ext N (fun j => samples (fun i => r * c i) X j k * _) (fun j => (r * r) * (samples c X j k * samples c X j k)))
    by (intros; unfold samples; ring).
  rewrite !sum_scal. set (Q := sum N (fun j => samples c X j k * samples c X j k)).
  rewrite sqrt_mult_alt by nra. rewrite sqrt_square by lra.
  destruct (Req_dec (INR N * sqrt Q) 0) as [Hz|Hn].
  - assert (E : INR N * (r * sqrt Q) = 0) by (replace (INR N * (r * sqrt Q)) with (r * (INR N * sqrt Q)) by ring; rewrite Hz; ring).
    unfold Rdiv. rewrite E, Hz, Rinv_0. ring.
  - field. repeat split; try lra; intros E; apply Hn; rewrite E; ring.
Qed.

Lemma proxy_softmax N d X w k : (0 < N)%nat ->
  proxy_field N (samples (softmax N d X w) X) k = proxy_field N (samples (weight d X w) X) k.
Proof.
  intros HN. assert (Hp : 0 < / sum N (weight d X w)) by (apply Rinv_0_lt_compat, weights_sum_pos; exact HN).
  rewrite <- (proxy_scale N X (weight d X w) (/ sum N (weight d X w)) k Hp). unfold proxy_field, samples, softmax, Rdiv.
  f_equal; [apply sum_ext; intros; ring|]. do 2 f_equal. f_equal. apply sum_ext. intros; ring.
Qed.

(** |U_k| <= 1/sqrt N. *)
Lemma proxy_bounded N X c k : (0 < N)%nat -> Rabs (proxy_field N (samples c X) k) <= / sqrt (INR N).
Proof.
  intros HN. assert (HIN : 0 < INR N) by (apply lt_0_INR; exact HN).
  assert (Hs : 0 < sqrt (INR N)) by (apply sqrt_lt_R0; exact HIN).
  assert (Hss : sqrt (INR N) * sqrt (INR N) = INR N) by (apply sqrt_sqrt; lra).
  unfold proxy_field. set (S := sum N (fun j => samples c X j k)). set (Q := sum N (fun j => samples c X j k * samples c X j k)).
  assert (HQ : 0 <= Q) by (apply sum_nonneg; intros j _; pose proof (Rle_0_sqr (samples c X j k)) as H; exact H).
  assert (HCS : S * S <= INR N * Q).
  { pose proof (cauchy_schwarz_sqr N (fun _ => 1) (fun j => samples c X j k)) as H. unfold dot in H.
    rewrite (sum_ext N (fun j => 1 * samples c X j k) (fun j => samples c X j k)) in H by (intros; ring).
    rewrite sum_const in H. fold S Q in H. lra. }
  destruct (sqrt_pos Q) as [Hp|Hz].
  - assert (Hb : Rabs S <= sqrt (INR N) * sqrt Q).
    { rewrite <- sqrt_mult by lra. rewrite <- sqrt_Rsqr_abs. apply sqrt_le_1_alt. exact HCS. }
    assert (HNQ : 0 < INR N * sqrt Q) by (apply Rmult_lt_0_compat; assumption).
    unfold Rdiv. rewrite Rabs_mult, (Rabs_right (/ (INR N * sqrt Q))) by (apply Rle_ge, Rlt_le, Rinv_0_lt_compat; exact HNQ).
    apply (Rmult_le_reg_r (INR N * sqrt Q)); [exact HNQ|]. rewrite Rmult_assoc, Rinv_l by lra.
    assert (E : / sqrt (INR N) * (INR N * sqrt Q) = sqrt (INR N) * sqrt Q).
    { apply (Rmult_eq_reg_l (sqrt (INR N))); [|lra]. rewrite <- !Rmult_assoc, Rinv_r, Hss by lra. ring. }
    rewrite E. lra.
  - rewrite <- Hz, Rmult_0_r. unfold Rdiv. rewrite Rinv_0, Rmult_0_r, Rabs_R0. apply Rlt_le, Rinv_0_lt_compat. exact Hs.
Qed.

(** Claims: proxy-loss, finite-time-margins.
    If some $u^*$ with $\|u^*\|_\infty \le 1$ has $x_i^\top u^* \ge \gamma \ge 0$ for all $i$, $\|x_i\|_1 \le R$ and
    $\|x_i - x_j\|_1 \le D$, then AdamProxy on the exponential loss from $w_0 = 0$ has $\frac{\gamma^2}{N R} \tau_t
    \le \min_i x_i^\top w_t + \log N + \frac{D^2}{8 N} \sum_{s<t} \eta_s^2$ at every step. A coordinate in which all
    entries are 0 does not move. *)
Theorem proxy_margin :
  forall N d X eta w best g R D,
    (0 < N)%nat -> (forall t, 0 <= eta t) -> 0 <= g -> 0 < R ->
    linf d best <= 1 -> (forall i, (i < N)%nat -> g <= dot d (X i) best) ->
    (forall i, (i < N)%nat -> l1 d (X i) <= R) ->
    (forall i j, (i < N)%nat -> (j < N)%nat -> l1 d (fun k => X i k - X j k) <= D) ->
    run N d X (proxy_direction N X) eta w ->
    forall t i, (i < N)%nat ->
      g * g / (INR N * R) * tau eta t
        <= dot d (X i) (w t) + ln (INR N) + D * D / (8 * INR N) * squares eta t.
Proof.
  intros N d X eta w best g R D HN Heta Hg HR Hb Hm Hx HD Hrun t i Hi.
  assert (HIN : 0 < INR N) by (apply lt_0_INR; exact HN).
  assert (Hs : 0 < sqrt (INR N)) by (apply sqrt_lt_R0; exact HIN).
  assert (Hss : sqrt (INR N) * sqrt (INR N) = INR N) by (apply sqrt_sqrt; lra).
  assert (E : D * D / (8 * INR N) = (D / sqrt (INR N)) * (D / sqrt (INR N)) / 8).
  { transitivity (D * D / (8 * (sqrt (INR N) * sqrt (INR N)))); [rewrite Hss; reflexivity|field; lra]. }
  rewrite E.
  apply (margin_bound N d X (proxy_direction N X) eta w _ _ HN Heta Hrun); [| |exact Hi].
  - intros s. set (q := softmax N d X (w s)).
    pose proof (softmax_simplex N d X (w s) HN) as Hq.
    pose proof (proxy_progress N d X q g R HN Hq Hg HR Hx (linf_weak_duality N d X best q g Hb Hm Hq)) as H.
    eapply Rle_trans; [exact H|]. apply Req_le. apply dot_ext. intros k _. apply proxy_softmax. exact HN.
  - intros s a b Ha Hb'. rewrite dot_difference. eapply Rle_trans; [apply hoelder|].
    specialize (HD a b Ha Hb'). apply Rmult_le_compat; [apply l1_nonneg|apply linf_nonneg|exact HD|].
    apply linf_le; [apply Rlt_le, Rinv_0_lt_compat; exact Hs|]. intros k _. apply proxy_bounded. exact HN.
Qed.
